// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTL_USER_PROCESS_PARAMETERS of a program that Linux's execve starts: arguments become
 * one quoted command line, the environment UTF-16 with Windows' customary
 * variables, the working directory a DOS path, descriptors 0 to 2 handles.
 */
#include "../ps.h"

#include <asm/smp.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>

#include "../console.h"
#include "../file.h"
#include "../path.h"

#define STRINGS_MAX	(6UL << 20)
#define DIRECTORY_UNITS	260
#define PARAMS_NORMALIZED 1u

/* UTF-16 text that grows; once memory is short it stays so. */
struct text { u16 *p; u32 len, room; bool failed; };

static void put_units(struct text *t, const u16 *s, u32 n)
{
	if (t->len + n + 1 > t->room && !t->failed) {
		u32 room = max(t->room * 2, t->len + n + 64);
		u16 *p = kmem_alloc_large(room * 2UL, ALLOC_KERNEL);

		if (!p) {
			t->failed = true;
		} else {
			memcpy(p, t->p, t->len * 2UL);
			kmem_free_large(t->p);
			t->p = p;
			t->room = room;
		}
	}
	if (t->failed)
		return;
	memcpy(t->p + t->len, s, n * 2UL);
	t->len += n;
	t->p[t->len] = 0;
}

static void put_ascii(struct text *t, const char *s)
{
	for (; *s; s++) {
		u16 c = (u8)*s;

		put_units(t, &c, 1);
	}
}

static void put_utf8(struct text *t, const char *s, size_t n)
{
	u32 len;
	u16 *u = nt_utf16(s, n, &len);

	if (!u)
		t->failed = true;
	else
		put_units(t, u, len);
	kmem_free(u);
}

/* Text with what it needs quoted, so that programs split it as it was. */
static void put_argument(struct text *t, const char *s)
{
	const char *p, *run;

	if (*s && !s[strcspn(s, " \t\n\v\"")]) {
		put_utf8(t, s, strlen(s));
		return;
	}
	put_ascii(t, "\"");
	for (p = s; *p;) {
		run = p;
		while (*p && *p != '\\' && *p != '"')
			p++;
		put_utf8(t, run, p - run);
		run = p;
		while (*p == '\\')
			p++;
		/* Backslashes count double before a quote. */
		for (u32 n = (*p == '"' || !*p ? 2 : 1) * (p - run); n > 0; n--)
			put_ascii(t, "\\");
		if (*p == '"') {
			put_ascii(t, "\\\"");
			p++;
		}
	}
	put_ascii(t, "\"");
}

/* The program itself: programs would take a Linux path for options. */
static void put_program(struct text *t, const char *s)
{
	u32 len;
	u16 *dos;
	char *u;

	if (!strchr(s, '/')) {
		put_argument(t, s);
		return;
	}
	dos = nt_dos_from_unix(s, strlen(s), &len);
	u = dos ? nt_utf8(dos, len) : NULL;
	if (u)
		put_argument(t, u);
	else
		t->failed = true;
	kmem_free(dos);
	kmem_free(u);
}

/* ---- environment ---- */

static const u16 nul;

static void put_variable(struct text *t, const char *name, const char *value)
{
	put_ascii(t, name);
	put_ascii(t, "=");
	put_utf8(t, value, strlen(value));
	put_units(t, &nul, 1);
}

static void put_dos(struct text *t, const char *path, size_t n)
{
	u32 len;
	u16 *u = nt_dos_from_unix(path, n, &len);

	if (!u)
		t->failed = true;
	else
		put_units(t, u, len);
	kmem_free(u);
}

static void put_path(struct text *t, const char *value)
{
	put_ascii(t, "PATH=");
	while (*value) {
		size_t n = strcspn(value, ":");

		if (n) {
			put_dos(t, value, n);
			put_ascii(t, ";");
		}
		value += n + (value[n] == ':');
	}
	put_ascii(t, "C:\\windows\\system32;C:\\windows");
	put_units(t, &nul, 1);
}

static const char *find_variable(const char *env, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (; env < end; env += strlen(env) + 1)
		if (!strncasecmp(env, name, n) && env[n] == '=')
			return env + n + 1;
	return NULL;
}

static void put_home(struct text *t, const char *home)
{
	static const struct { const char *name, *below; } dirs[] = {
		{ "USERPROFILE", "" }, { "WINEHOMEDIR", NULL }, { "APPDATA", "\\AppData\\Roaming" },
		{ "LOCALAPPDATA", "\\AppData\\Local" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(dirs); i++) {
		put_ascii(t, dirs[i].name);
		put_ascii(t, dirs[i].below ? "=" : "=\\??\\");
		put_dos(t, home, strlen(home));
		put_ascii(t, dirs[i].below ? dirs[i].below : "");
		put_units(t, &nul, 1);
	}
}

/* What is there already wins. */
static void put_customary(struct text *t, const char *env, const char *end)
{
	static const struct { const char *name, *value; } vars[] = {
		{ "SystemRoot", "C:\\windows" }, { "windir", "C:\\windows" }, { "SystemDrive", "C:" },
		{ "ComSpec", "C:\\windows\\system32\\cmd.exe" }, { "PATHEXT", ".COM;.EXE;.BAT;.CMD" },
		{ "TEMP", "Z:\\tmp" }, { "TMP", "Z:\\tmp" }, { "ProgramData", "C:\\ProgramData" },
		{ "ProgramFiles", "C:\\Program Files" }, { "HOMEDRIVE", "Z:" },
		{ "PROCESSOR_ARCHITECTURE", "AMD64" }, { "OS", "Windows_NT" },
	};
	const char *home = find_variable(env, end, "HOME"), *user = find_variable(env, end, "USER");
	char n[12];

	for (u32 i = 0; i < ARRAY_SIZE(vars); i++)
		if (!find_variable(env, end, vars[i].name))
			put_variable(t, vars[i].name, vars[i].value);
	if (!find_variable(env, end, "PATH"))
		put_path(t, "/bin:/usr/bin");
	fmt_print(n, sizeof(n), "%u", cpu_count_online);
	put_variable(t, "NUMBER_OF_PROCESSORS", n);
	if (!user)
		user = cred_self()->uid ? "user" : "root";
	put_variable(t, "USERNAME", user);
	put_variable(t, "WINEUSERNAME", user);
	put_home(t, home && *home ? home : "/");
}

static void put_environment(struct text *t, const char *env, const char *end)
{
	for (const char *e = env; e < end; e += strlen(e) + 1) {
		if (!strncmp(e, "PATH=", 5)) {
			put_path(t, e + 5);
		} else if (strchr(e, '=') && *e != '=') {
			put_utf8(t, e, strlen(e));
			put_units(t, &nul, 1);
		}
	}
	put_customary(t, env, end);
	put_units(t, &nul, 1);
}

/* ---- the block ---- */

struct block {
	struct nt_process_params head;
	struct text texts[4];		/* directory, image, command line, environment */
};

static ntstatus std_handle(struct nt_process *p, int fd, u64 *out)
{
	struct ofile *f = fd_get(fd);
	ntstatus s;

	if (IS_ERR(f))
		return STATUS_SUCCESS;	/* closed: no handle */
	s = nt_file_from_fd(p, f, fd != 0, out);
	ofile_put(f);
	return s;
}

static ntstatus std_handles(struct nt_process *p, struct nt_process_params *h)
{
	NT_CHECK(nt_console_attach(p, &h->console));
	NT_CHECK(std_handle(p, 0, &h->std_in));
	NT_CHECK(std_handle(p, 1, &h->std_out));
	return std_handle(p, 2, &h->std_err);
}

/* Where each text will lie, and its descriptor. */
static u32 place(struct nt_unicode_string *u, const struct text *t, uptr base, u32 at, u32 room)
{
	u->length = (u16)(t->len * 2);
	u->maximum = (u16)(room * 2);
	u->buffer = base + at;
	return ALIGN_UP(at + room * 2, 8);
}

static ntstatus write_block(struct nt_process *p, struct block *b, uptr *out)
{
	struct text *dir = &b->texts[0], *image = &b->texts[1], *cmd = &b->texts[2], *env = &b->texts[3];
	struct nt_process_params *h = &b->head;
	u32 size = sizeof(*h) + DIRECTORY_UNITS * 2 + image->len * 2 + cmd->len * 2 + env->len * 2 + 64;
	uptr base = nt_vm_alloc(p->vm, size, PAGE_READWRITE);
	u32 at = sizeof(*h);

	if (!base)
		return STATUS_NO_MEMORY;
	h->allocation_size = h->size = size;
	h->flags = PARAMS_NORMALIZED;
	h->show = 1;
	at = place(&h->directory, dir, base, at, DIRECTORY_UNITS);
	at = place(&h->image_path, image, base, at, image->len + 1);
	at = place(&h->command_line, cmd, base, at, cmd->len + 1);
	h->title = h->image_path;
	h->environment = base + at;
	h->environment_size = env->len * 2UL;
	*out = base;
	NT_CHECK(nt_copyout((void __user *)base, h, sizeof(*h)));
	NT_CHECK(nt_copyout((void __user *)h->directory.buffer, dir->p, (dir->len + 1) * 2UL));
	NT_CHECK(nt_copyout((void __user *)h->image_path.buffer, image->p, (image->len + 1) * 2UL));
	NT_CHECK(nt_copyout((void __user *)h->command_line.buffer, cmd->p, (cmd->len + 1) * 2UL));
	return nt_copyout((void __user *)h->environment, env->p, env->len * 2UL);
}

static ntstatus put_directory(struct text *t)
{
	u32 len;
	u16 *dir = nt_dos_cwd(&len);

	if (!dir)
		return STATUS_NO_MEMORY;
	put_units(t, dir, min(len, (u32)DIRECTORY_UNITS - 2));
	kmem_free(dir);
	if (t->len && t->p[t->len - 1] != '\\')
		put_ascii(t, "\\");
	return STATUS_SUCCESS;
}

static ntstatus fill_texts(struct block *b, struct ofile *exe, const char *strings, const char *end,
			   u64 argc)
{
	const char *s = strings;
	u32 len;
	u16 *image = nt_dos_of_file(exe, &len);

	if (!image)
		return STATUS_NO_MEMORY;
	put_units(&b->texts[1], image, len);
	kmem_free(image);
	for (u64 i = 0; i < argc && s < end; i++, s += strlen(s) + 1) {
		if (i) {
			put_ascii(&b->texts[2], " ");
			put_argument(&b->texts[2], s);
		} else {
			put_program(&b->texts[2], s);
		}
	}
	put_environment(&b->texts[3], s, end);
	NT_CHECK(put_directory(&b->texts[0]));
	for (u32 i = 0; i < ARRAY_SIZE(b->texts); i++)
		if (b->texts[i].failed || !b->texts[i].p || (i < 3 && b->texts[i].len > 0x7ff0))
			return STATUS_NO_MEMORY;
	return STATUS_SUCCESS;
}

/* The strings lie one behind the other up to the program's name, which is the last. */
ntstatus nt_params_build(struct nt_process *p, struct ofile *exe, uptr strings, u64 argc, u64 envc,
			 uptr *out)
{
	struct block *b = kmem_zalloc(sizeof(*b), ALLOC_KERNEL);
	struct region *rg;
	size_t n = 0;
	char *text, *end;
	ntstatus s;

	rwsem_read_lock(&p->vm->as->as_lock);
	rg = region_at(p->vm->as, strings);
	if (rg)
		n = min(rg->end - strings, STRINGS_MAX);
	rwsem_read_unlock(&p->vm->as->as_lock);
	text = kmem_alloc_large(n + 1, ALLOC_KERNEL);
	if (!b || !text || user_copyin(text, (void __user *)strings, n)) {
		kmem_free_large(text);
		kmem_free(b);
		return STATUS_NO_MEMORY;
	}
	text[n] = 0;
	end = text;
	for (u64 i = 0; i < argc + envc && end < text + n; i++)
		end += strlen(end) + 1;
	s = fill_texts(b, exe, text, min(end, text + n), argc);
	if (!s)
		s = std_handles(p, &b->head);
	if (!s)
		s = write_block(p, b, out);
	for (u32 i = 0; i < ARRAY_SIZE(b->texts); i++)
		kmem_free_large(b->texts[i].p);
	kmem_free_large(text);
	kmem_free(b);
	return s;
}
