// SPDX-License-Identifier: GPL-2.0-only
/*
 * NtCreateUserProcess: a Windows program starts another, or a Linux program.
 *
 * The parent collects everything in a struct nt_spawn: parameters as one block with offsets in the
 * place of pointers, and the handles to be inherited. A new kernel-made child process
 * execs the file; the PE loader finds the struct by the thread and takes it over. The
 * parent waits until the program is loaded or has failed.
 *
 * A file that is no PE image is Linux's business: the command line becomes arguments, the
 * environment is converted back, and what stands behind the three standard handles becomes
 * descriptors 0 to 2.
 */
#include "../ps.h"

#include <generated/svc_loader.h>
#include <tern/fs/path.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

#include "../console.h"
#include "../file.h"
#include "../image.h"
#include "../path.h"

#define INHERIT_HANDLES		0x4u
#define THREAD_SUSPENDED	0x1u
#define ATTR_IMAGE_NAME		0x20005u
#define ATTR_CLIENT_ID		0x10003u
#define ATTR_IMAGE_INFO		6u
#define ATTR_HANDLE_LIST	0x2000bu
#define PARAMS_MAX		(4u << 20)
#define PARAMS_STRINGS		6u
#define DIRECTORY_BYTES		520u
#define CONSOLE_NONE		((u64)-2)

static LIST_HEAD(spawns);
static struct kmutex spawns_lock = KMUTEX_INIT(spawns_lock, LOCKRANK_VFS_MISC);

struct nt_spawn *nt_spawn_mine(void)
{
	struct nt_spawn *s, *found = NULL;

	if (!(thread_self()->t_flags & TF_KTHREAD))
		return NULL;
	kmutex_lock(&spawns_lock);
	list_foreach(s, &spawns, link)
		if (s->thread == thread_self())
			found = s;
	kmutex_unlock(&spawns_lock);
	return found;
}

void nt_spawn_done(struct nt_spawn *s, int result)
{
	kmutex_lock(&spawns_lock);
	s->result = result;
	WRITE_ONCE(s->is_done, true);
	waitq_wake_all(&s->wq);
	kmutex_unlock(&spawns_lock);
}

/* ---- parameters: pointers become offsets into one block ---- */

/* Append what @u points to; 0 or a status. */
static ntstatus take_string(u8 *block, u32 *at, struct nt_unicode_string *u, u32 room)
{
	u32 n = u->length;

	/* None is something else than an empty one: a search path, for example. */
	if (!n) {
		*u = (struct nt_unicode_string){ 0 };
		return STATUS_SUCCESS;
	}
	if (*at + room > PARAMS_MAX || n + 2 > room)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(block + *at, (void __user *)u->buffer, n));
	put_le16(block + *at + n, 0);
	u->buffer = *at;
	u->maximum = (u16)min(room, 0xfffeu);	/* the NUL included: it is copied by this */
	*at = ALIGN_UP(*at + room, 8);
	return STATUS_SUCCESS;
}

static ntstatus take_params(struct nt_spawn *s, const void __user *up)
{
	struct nt_process_params *h;
	struct nt_unicode_string *strings[PARAMS_STRINGS];
	u8 *block;
	u32 at = sizeof(*h);
	ntstatus st;

	block = kmem_alloc_large(PARAMS_MAX + 16, ALLOC_KERNEL);
	if (!block)
		return STATUS_NO_MEMORY;
	s->params = h = (struct nt_process_params *)block;
	NT_CHECK(nt_copyin(h, up, sizeof(*h)));
	if (h->environment_size > PARAMS_MAX / 2)
		return STATUS_INVALID_PARAMETER;
	strings[0] = &h->directory;
	strings[1] = &h->dll_path;
	strings[2] = &h->image_path;
	strings[3] = &h->command_line;
	strings[4] = &h->title;
	strings[5] = &h->desktop;
	for (u32 i = 0; i < PARAMS_STRINGS; i++) {
		st = take_string(block, &at, strings[i], i ? strings[i]->length + 2U : DIRECTORY_BYTES);
		if (st)
			return st;
	}
	h->shell_info = h->runtime_info = (struct nt_unicode_string){ 0 };
	NT_CHECK(nt_copyin(block + at, (void __user *)h->environment, h->environment_size));
	h->environment = at;
	at = ALIGN_UP(at + h->environment_size + 4, 16);
	h->allocation_size = h->size = at;
	s->params_size = at;
	return STATUS_SUCCESS;
}

ntstatus nt_params_take(struct nt_process *p, struct nt_spawn *s, uptr *out)
{
	struct nt_process_params *h = s->params;
	struct nt_unicode_string *strings[] = { &h->directory, &h->dll_path, &h->image_path, &h->command_line,
						&h->title, &h->desktop };
	uptr base = nt_vm_alloc(p->vm, s->params_size, PAGE_READWRITE);

	if (!base)
		return STATUS_NO_MEMORY;
	for (u32 i = 0; i < ARRAY_SIZE(strings); i++)
		strings[i]->buffer += strings[i]->buffer ? base : 0;
	h->environment += base;
	h->directory_handle = 0;
	if (h->console != CONSOLE_NONE)
		nt_console_share(s->parent, p);
	if (h->console == CONSOLE_NONE || nt_handle_from_user(h->console) < 0)
		h->console = 0;
	*out = base;
	return nt_copyout((void __user *)base, h, s->params_size);
}

/* ---- Linux programs ---- */

/* The command line's words, quotes resolved as programs of Windows do it. */
static u32 split_words(char *line, char **argv, u32 max)
{
	char *in = line, *out = line;
	u32 n = 0;

	while (n < max) {
		bool quoted = false;

		while (*in == ' ' || *in == '\t')
			in++;
		if (!*in)
			break;
		argv[n++] = out;
		while (*in && (quoted || (*in != ' ' && *in != '\t'))) {
			u32 slashes = 0;

			while (*in == '\\') {
				slashes++;
				in++;
			}
			for (u32 i = 0; i < (*in == '"' ? slashes / 2 : slashes); i++)
				*out++ = '\\';
			if (*in == '"' && !(slashes & 1))
				quoted = !quoted;
			else if (*in && (quoted || (*in != ' ' && *in != '\t') ))
				*out++ = *in;
			else
				break;
			in++;
		}
		if (*in)
			in++;
		*out++ = 0;
	}
	return n;
}

#define LINUX_WORDS	1024u

static char *block_utf8(struct nt_spawn *s, const struct nt_unicode_string *u)
{
	return nt_utf8((const u16 *)((u8 *)s->params + u->buffer), u->length / 2);
}

/* PATH goes back to Linux's form; the others stay as they are. */
static char *linux_variable(const u16 *v, u32 len)
{
	char *text = nt_utf8(v, len), *out, *p;

	if (!text || strncasecmp(text, "PATH=", 5))
		return text;
	out = kmem_strdup("PATH=/bin:/usr/bin:/sbin:/usr/sbin", ALLOC_KERNEL);
	for (p = text; *p; p++)
		if (*p == '\\')
			*p = '/';
	kmem_free(text);
	return out;
}

static int run_linux(struct nt_spawn *s, const char *path)
{
	char **argv = kmem_calloc(LINUX_WORDS + 1, sizeof(char *), ALLOC_KERNEL);
	char **envp = kmem_calloc(LINUX_WORDS + 1, sizeof(char *), ALLOC_KERNEL);
	char *line = block_utf8(s, &s->params->command_line);
	const u16 *v = (const u16 *)((u8 *)s->params + s->params->environment);
	const u16 *end = v + s->params->environment_size / 2;
	u32 n = 0;
	int err = -ENOMEM;

	if (argv && envp && line) {
		split_words(line, argv, LINUX_WORDS);
		while (v < end && *v && n < LINUX_WORDS) {
			u32 len = 0;

			while (v + len < end && v[len])
				len++;
			envp[n] = linux_variable(v, len);
			n += envp[n] != NULL;
			v += len + 1;
		}
		for (int i = 0; i < 3; i++)
			if (s->std[i]) {
				ofile_get(s->std[i]);
				if (fd_dup_to(s->std[i], i, false) < 0)
					ofile_put(s->std[i]);
			}
		nt_spawn_done(s, 0);	/* from here on it is a child like any other */
		err = kernel_exec(path, argv, envp);
	}
	for (u32 i = 0; envp && i < n; i++)
		kmem_free(envp[i]);
	kmem_free(envp);
	kmem_free(argv);
	kmem_free(line);
	return err;
}

/* ---- the child ---- */

static void enter_directory(struct nt_spawn *s)
{
	const struct nt_unicode_string *u = &s->params->directory;
	char *dir = nt_unix_from_dos((const u16 *)((u8 *)s->params + u->buffer), u->length / 2);

	if (dir)
		(void)kfs_chdir(dir);
	kmem_free(dir);
}

static int child_main(void *arg)
{
	struct nt_spawn *s = arg;
	char *const argv[] = { s->path, NULL }, *const envp[] = { NULL };
	int err;

	s->thread = thread_self();
	enter_directory(s);
	if (s->is_linux)
		err = run_linux(s, s->path);
	else
		err = kernel_exec(s->path, argv, envp);
	/* Only errors come back; the loader has told of its own. */
	if (!READ_ONCE(s->is_done))
		nt_spawn_done(s, err);
	return 127;
}

/* ---- the parent ---- */

static ntstatus find_image(struct nt_spawn *s, const u64 a[4])
{
	struct nt_attributes attr = { 0 };
	struct nt_target t = { 0 };
	ntstatus st;

	attr.name.len = (u32)a[1] / 2;
	attr.name.text = a[1] < 65536 ? kmem_zalloc(a[1] + 2, ALLOC_KERNEL) : NULL;
	if (!attr.name.text)
		return STATUS_NO_MEMORY;
	st = nt_copyin(attr.name.text, (void __user *)a[2], a[1]);
	if (!st)
		st = nt_target_find(&attr, &t);
	if (!st && (t.kind != NT_TARGET_FILE || !t.exists))
		st = STATUS_OBJECT_NAME_NOT_FOUND;
	if (!st) {
		s->path = t.path;
		t.path = NULL;
	}
	kmem_free(t.path);
	nt_attributes_put(&attr);
	return st;
}

/* What kind of program is it; programs retry batch files by themselves. */
static ntstatus classify(struct nt_spawn *s)
{
	struct ofile *f = execfile_open(-100, s->path, 0);
	struct nt_image *img;
	char head[4] = { 0 };
	loff_t pos = 0;
	ntstatus st = STATUS_SUCCESS;

	if (IS_ERR(f))
		f = ofile_open_kernel(s->path, O_RDONLY, 0);
	if (IS_ERR(f))
		return nt_status_of(PTR_ERR(f));
	img = nt_image_open(f);
	if (!IS_ERR(img)) {
		nt_image_put(img);
	} else {
		(void)ofile_read_kernel(f, head, sizeof(head), &pos);
		s->is_linux = !memcmp(head, "\177ELF", 4) || !memcmp(head, "#!", 2);
		if (!s->is_linux)
			st = PTR_ERR(img) == -EBADMSG ? STATUS_INVALID_IMAGE_FORMAT : STATUS_INVALID_IMAGE_NOT_MZ;
	}
	ofile_put(f);
	return st;
}

static int give_handle(struct nt_spawn *s, u64 handle)
{
	struct handle_table *mine = nt_process_self()->handles;
	s64 value = nt_handle_from_user(handle), rights;
	struct object *o;
	int err;

	rights = value < 0 ? value : handle_rights(mine, (u64)value);
	if (rights < 0)
		return 0;
	o = handle_lookup(mine, (u64)value, 0);
	if (IS_ERR(o))
		return 0;
	err = handle_add_as(s->handles, (u64)value, o, (u32)rights);
	object_put(o);
	return err == -EBUSY ? 0 : err;
}

/* All inheritable handles, or those of a list; the standard ones in any case. */
static int give_handles(struct nt_spawn *s, const u64 *list)
{
	u64 handle;
	int err = 0;

	s->handles = nt_handle_table_create();
	if (!s->handles)
		return -ENOMEM;
	if (s->inherits && !list)
		err = nt_handle_inherit(nt_process_self()->handles, s->handles);
	for (u64 i = 0; list && i < list[1] / 8 && !err; i++)
		err = user_get(handle, (u64 __user *)list[2] + i) ? -EFAULT : give_handle(s, handle);
	if (!err)
		err = give_handle(s, s->params->std_in);
	if (!err)
		err = give_handle(s, s->params->std_out);
	if (!err)
		err = give_handle(s, s->params->std_err);
	return err ? err : give_handle(s, s->params->console);
}

static void take_std(struct nt_spawn *s)
{
	const u64 handles[3] = { s->params->std_in, s->params->std_out, s->params->std_err };
	struct nt_file *f;

	for (u32 i = 0; i < 3; i++) {
		if (nt_file_get(handles[i], 0, &f))
			continue;
		if (f->of) {
			ofile_get(f->of);
			s->std[i] = f->of;
		}
		nt_file_put(f);
	}
}

static void spawn_free(struct nt_spawn *s)
{
	for (u32 i = 0; i < 3; i++)
		if (s->std[i])
			ofile_put(s->std[i]);
	if (s->handles)
		handle_table_destroy(s->handles);
	if (s->child)
		nt_object_put(&s->child->ob);
	if (s->child_thread)
		nt_object_put(&s->child_thread->ob);
	nt_object_put(&s->parent->ob);
	kmem_free_large(s->params);
	kmem_free(s->path);
	kmem_free(s);
}

static ntstatus run(struct nt_spawn *s)
{
	struct thread *t;

	kmutex_lock(&spawns_lock);
	list_add_tail(&s->link, &spawns);
	kmutex_unlock(&spawns_lock);
	t = process_create_kernel(child_main, s);
	if (!IS_ERR(t)) {
		s->linux_process = t->t_proc;
		process_get(t->t_proc);
		thread_wake_new(t);
		/* It reads what is ours: there is no leaving before it is done. */
		waitq_wait(&s->wq, READ_ONCE(s->is_done));
		thread_put(t);
	}
	kmutex_lock(&spawns_lock);
	list_del(&s->link);
	kmutex_unlock(&spawns_lock);
	return nt_status_of(IS_ERR(t) ? PTR_ERR(t) : s->result);
}

static ntstatus answer(struct nt_spawn *s, const u64 *client_id, const u64 *image_info)
{
	struct nt_client_id id = { nt_id(s->child->pid), nt_id(s->child_thread->tid) };
	struct nt_section_image_info info;

	if (client_id && client_id[1] >= sizeof(id))
		NT_CHECK(nt_copyout((void __user *)client_id[2], &id, sizeof(id)));
	if (!image_info || !s->child->image)
		return STATUS_SUCCESS;
	nt_image_info(s->child->image, s->child->image->info.base, &info);
	return nt_copyout((void __user *)image_info[2], &info, min(image_info[1], sizeof(info)));
}

struct wanted { u64 image[4], client_id[4], info[4], list[4]; };

static ntstatus read_attributes(const u64 __user *list, struct wanted *w)
{
	u64 bytes, a[4];

	if (!list || user_get(bytes, list))
		return STATUS_INVALID_PARAMETER;
	for (u64 at = 8; at + sizeof(a) <= bytes && at < PAGE_SIZE; at += sizeof(a)) {
		NT_CHECK(nt_copyin(a, (const u8 __user *)list + at, sizeof(a)));
		switch ((u32)a[0]) {
		case ATTR_IMAGE_NAME:
			memcpy(w->image, a, sizeof(a));
			break;
		case ATTR_CLIENT_ID:
			memcpy(w->client_id, a, sizeof(a));
			break;
		case ATTR_IMAGE_INFO:
			memcpy(w->info, a, sizeof(a));
			break;
		case ATTR_HANDLE_LIST:
			memcpy(w->list, a, sizeof(a));
			break;
		}
	}
	return w->image[1] ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static ntstatus prepare(struct nt_spawn *s, const struct wanted *w, const void __user *params)
{
	int err;

	NT_CHECK(find_image(s, w->image));
	NT_CHECK(classify(s));
	NT_CHECK(take_params(s, params));
	if (s->is_linux) {
		take_std(s);
		return STATUS_SUCCESS;
	}
	err = give_handles(s, w->list[1] && s->inherits ? w->list : NULL);
	return nt_status_of(err);
}

ntstatus nt_create_user_process(u64 __user *process, u64 __user *thread, u32 process_access,
				u32 thread_access, const struct nt_object_attributes __user *process_attr,
				const struct nt_object_attributes __user *thread_attr, u32 process_flags,
				u32 thread_flags, const void __user *params, void __user *info,
				const u64 __user *attributes)
{
	struct nt_spawn *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	struct wanted w = { 0 };
	ntstatus st;

	if (!s)
		return STATUS_NO_MEMORY;
	nt_object_get(&nt_process_self()->ob);
	s->parent = nt_process_self();
	waitq_init(&s->wq);
	s->inherits = process_flags & INHERIT_HANDLES;
	s->is_suspended = thread_flags & THREAD_SUSPENDED;
	st = read_attributes(attributes, &w);
	if (!st)
		st = prepare(s, &w, params);
	if (!st)
		st = run(s);
	if (!st && s->is_linux)
		st = nt_linux_child(s);
	if (!st)
		st = answer(s, w.client_id[1] ? w.client_id : NULL, w.info[1] && !s->is_linux ? w.info : NULL);
	if (!st) {
		nt_object_get(&s->child->ob);
		st = nt_handle_give(&s->child->ob, process_access, 0, process);
	}
	if (!st) {
		nt_object_get(&s->child_thread->ob);
		st = nt_handle_give(&s->child_thread->ob, thread_access, 0, thread);
	}
	if (s->linux_process)
		process_put(s->linux_process);
	spawn_free(s);
	return st;
}
