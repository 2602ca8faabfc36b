// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows programs as a binary format: execve of a PE file.
 *
 * Everything that may fail on account of files is done before the point of no return:
 * the image, ntdll and the API set map are opened and mapped into the new address space. Then the
 * start-up block is written: PEB, TEB, parameters, stack, and the thread goes to
 * LdrInitializeThunk, which loads the other DLLs itself.
 *
 * Other executables that begin with "MZ" (DOS, 32 bits, .NET) are left to nobody: ENOEXEC.
 */
#include "../ps.h"

#include <asm/smp.h>
#include <tern/base/initcall.h>
#include <tern/kernel/loader.h>
#include <tern/kernel/persona.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

#include "../console.h"
#include "../image.h"
#include "../path.h"
#include "../service.h"

#define AT_FDCWD	(-100)
#define ARCH_SET_GS_	0x1001
#define DEFAULT_STACK	(1UL << 20)
#define LOCK_TIMEOUT	(-25920000000000L)	/* 30 days, when a lock is reported as stuck */

/* One program on its way. */
struct loading {
	struct nt_process *p;
	struct nt_thread *t;
	uptr base, ntdll, api_set;
};

static struct nt_image *open_system(const char *name)
{
	char path[64];
	struct nt_image *img;
	struct ofile *f;

	strlcpy(path, NT_SYSTEM32, sizeof(path));
	strlcat(path, name, sizeof(path));
	f = ofile_open_kernel(path, O_RDONLY, 0);
	if (IS_ERR(f)) {
		kwarn("%s cannot be opened: the system DLLs of Windows programs are not installed", path);
		return ERR_PTR(-ELIBACC);
	}
	img = nt_image_open(f);
	ofile_put(f);
	return IS_ERR(img) ? ERR_PTR(-ELIBBAD) : img;
}

/* ---- relocation ---- */

struct relocating { struct aspace *as; uptr base; u64 delta; };

static int apply(void *arg, u32 rva)
{
	struct relocating *r = arg;
	u64 v;

	if (aspace_access(r->as, r->base + rva, &v, sizeof(v), false, true) != sizeof(v))
		return -ENOEXEC;
	v += r->delta;
	return aspace_access(r->as, r->base + rva, &v, sizeof(v), true, true) == sizeof(v) ? 0 : -ENOMEM;
}

static int relocate(struct aspace *as, struct nt_image *img, uptr base)
{
	struct relocating r = { as, base, base - img->info.base };
	void *data;
	int err;

	if (!r.delta)
		return 0;
	if (img->info.characteristics & PE_FILE_RELOCS_STRIPPED)
		return -ENOEXEC;
	data = nt_image_dir(img, PE_DIR_RELOC);
	if (IS_ERR(data))
		return PTR_ERR(data) == -ENOENT ? 0 : PTR_ERR(data);
	err = pe_relocate(&img->info, data, img->info.dir[PE_DIR_RELOC].size, apply, &r);
	kmem_free_large(data);
	return err == -EBADMSG ? -ENOEXEC : err;
}

static int map_image(struct loading *l, struct nt_image *img, uptr *base)
{
	ntstatus s;

	*base = 0;
	s = nt_vm_map_image(l->p->vm, img, NULL, base);
	if (nt_is_error(s))
		return -ENOMEM;
	return relocate(l->p->vm->as, img, *base);
}

/* ---- before the point of no return ---- */

static int find_entries(struct nt_process *p, uptr ntdll)
{
	struct { const char *name; uptr *where; } want[] = {
		{ "LdrInitializeThunk", &p->entries.ldr_init },
		{ "RtlUserThreadStart", &p->entries.thread_start },
		{ "KiUserExceptionDispatcher", &p->entries.exception },
		{ "KiUserApcDispatcher", &p->entries.apc },
		{ "KiUserCallbackDispatcher", &p->entries.callback },
		{ "__wine_ctrl_routine", &p->entries.ctrl_routine },
	};

	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		u32 rva = nt_image_export(p->ntdll, want[i].name);

		if (!rva)
			return -ELIBBAD;
		*want[i].where = ntdll + rva;
	}
	p->binding = nt_image_binding(p->ntdll);
	return p->binding ? 0 : -ELIBBAD;
}

/* ntdll calls host code through a pointer in its data: it leads to our stub. */
static int set_unix_dispatcher(struct nt_process *p, uptr ntdll)
{
	u32 rva = nt_image_export(p->ntdll, "__wine_unix_call_dispatcher");
	u64 stub = NT_UNIX_STUB;

	if (!rva)
		return -ELIBBAD;
	return aspace_access(p->vm->as, ntdll + rva, &stub, sizeof(stub), true, true) ==
	       sizeof(stub) ? 0 : -ENOMEM;
}

/* The section .apiset is what PEB.ApiSetMap points to. */
static int map_api_set(struct loading *l)
{
	struct nt_image *img = open_system("apisetschema.dll");
	int err;

	if (IS_ERR(img))
		return PTR_ERR(img);
	err = map_image(l, img, &l->api_set);
	for (u32 i = 0; !err && i < img->info.nsections; i++)
		if (!strcmp(img->sections[i].name, ".apiset")) {
			l->api_set += img->sections[i].rva;
			nt_image_put(img);
			return 0;
		}
	nt_image_put(img);
	return err ? err : -ELIBBAD;
}

static int set_image_name(struct nt_process *p, struct ofile *f)
{
	p->image_name = nt_path_of_file(f, &p->image_name_len);
	return p->image_name ? 0 : -ENOMEM;
}

/* What execve put on the new stack stays where it is, as memory of nobody's. */
static int keep_strings(struct nt_vm *vm, struct binprm *b)
{
	struct region *rg = region_at(b->as, b->stack_top - 1);
	int err = 0;

	if (!rg)
		return -EFAULT;
	kmutex_lock(&vm->lock);
	if (!nt_vm_add(vm, ALIGN_DOWN(rg->start, NT_VM_GRANULE), rg->end, MEM_PRIVATE, PAGE_READWRITE) ||
	    nt_vm_mark(vm, rg->start, rg->end, PAGE_READWRITE))
		err = -ENOMEM;
	kmutex_unlock(&vm->lock);
	return err;
}

static int prepare(struct loading *l, struct binprm *b, struct nt_image *img)
{
	struct nt_process *p = nt_process_alloc();
	int err;

	if (!p)
		return -ENOMEM;
	l->p = p;
	nt_image_get(img);
	p->image = img;
	p->vm = nt_vm_create(b->as);
	l->t = nt_thread_alloc(p);
	if (!p->vm || !l->t)
		return -ENOMEM;
	err = keep_strings(p->vm, b);
	if (!err)
		err = nt_kuser_map(p->vm) ? -ENOMEM : 0;
	if (!err)
		err = map_image(l, img, &l->base);
	if (err)
		return err;
	p->ntdll = open_system("ntdll.dll");
	if (IS_ERR(p->ntdll)) {
		err = PTR_ERR(p->ntdll);
		p->ntdll = NULL;
		return err;
	}
	err = map_image(l, p->ntdll, &l->ntdll);
	if (!err)
		err = find_entries(p, l->ntdll);
	if (!err)
		err = set_unix_dispatcher(p, l->ntdll);
	if (!err)
		err = map_api_set(l);
	return err ? err : set_image_name(p, b->file);
}

/* ---- after it ---- */

static ntstatus fill_peb(const struct loading *l, uptr params)
{
	const struct pe_info *i = &l->p->image->info;
	const struct { u32 offset; u64 value; u32 size; } fields[] = {
		{ PEB_IMAGE_BASE, l->base, 8 },
		{ PEB_PARAMETERS, params, 8 },
		{ PEB_API_SET, l->api_set, 8 },
		{ PEB_NR_CPUS, cpu_count_online, 4 },
		{ PEB_LOCK_TIMEOUT, (u64)LOCK_TIMEOUT, 8 },
		{ PEB_HEAP_RESERVE, 0x100000, 8 },
		{ PEB_HEAP_COMMIT, 0x2000, 8 },
		{ PEB_HEAP_TOTAL_FREE, 0x10000, 8 },
		{ PEB_HEAP_FREE_BLOCK, 0x1000, 8 },
		{ PEB_OS_MAJOR, 10, 4 },
		{ PEB_OS_MINOR, 0, 4 },
		{ PEB_OS_BUILD, 19043, 4 },
		{ PEB_OS_PLATFORM, 2, 4 },
		{ PEB_SUBSYSTEM, i->subsystem, 4 },
		{ PEB_SUBSYSTEM_MAJOR, i->subsystem_major, 4 },
		{ PEB_SUBSYSTEM_MINOR, i->subsystem_minor, 4 },
		{ PEB_SESSION, 1, 4 },
	};
	/* Messages of the loader ("Library X not found"), and of nothing else. */
	static const char channels[32] = "\2module";

	for (u32 n = 0; n < ARRAY_SIZE(fields); n++)
		NT_CHECK(nt_copyout((void __user *)(l->p->peb + fields[n].offset), &fields[n].value,
				    fields[n].size));
	return nt_copyout((void __user *)(l->p->peb + PEB_DEBUG_CHANNELS), channels, sizeof(channels));
}

static int start_handles(struct nt_process *p, struct nt_spawn *sp)
{
	if (sp) {
		p->handles = sp->handles;
		sp->handles = NULL;
		return 0;
	}
	p->handles = nt_handle_table_create();
	return p->handles ? 0 : -ENOMEM;
}

static ntstatus start_params(struct nt_process *p, struct nt_spawn *sp, struct binprm *b, uptr *out)
{
	if (sp && sp->params)
		return nt_params_take(p, sp, out);
	return nt_params_build(p, b->file, b->sp, b->argc, b->envc, out);
}

static void own_signals(void)
{
	static const u8 taken[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGWINCH };

	for (u32 i = 0; i < ARRAY_SIZE(taken); i++)
		if (!signal_is_ignored(process_self(), taken[i]) || taken[i] == SIGWINCH)
			signal_set_handler(taken[i], NT_SIGNAL_HANDLER);
	signal_set_handler(SIGPIPE, SIG_IGN);
	signal_set_handler(SIGCHLD, SIG_IGN);
}

/* Errors here end the process. */
static int enter(struct loading *l, struct binprm *b, struct nt_spawn *sp)
{
	struct nt_process *p = l->p;
	struct thread *t = thread_self();
	struct frame regs, *f;
	uptr params = 0;
	int err = start_handles(p, sp);

	if (err)
		return err;
	nt_process_adopt(p, l->t);
	if (sp) {
		p->parent_pid = sp->parent->pid;
		nt_job_inherit(sp->parent, p);
	}
	p->peb = nt_vm_alloc(p->vm, PEB_SIZE, PAGE_READWRITE);
	if (!p->peb || start_params(p, sp, b, &params) || fill_peb(l, params))
		return -ENOMEM;
	if (nt_thread_memory(l->t, max(p->image->info.stack_reserve, DEFAULT_STACK),
			     l->base + p->image->info.entry, p->peb, &regs) || nt_thread_ids(l->t))
		return -ENOMEM;
	err = arch_thread_exec(t, regs.rip, regs.rsp);
	if (err)
		return err;
	f = thread_frame(t);
	f->rcx = regs.rcx;
	own_signals();
	if (sp && sp->is_suspended) {
		l->t->suspends = 1;
		thread_work_set(t, WORK_PERSONA);
	}
	return arch_prctl_op(ARCH_SET_GS_, l->t->teb);
}

static int check(const struct nt_image *img)
{
	const struct pe_info *i = &img->info;

	if ((i->characteristics & PE_FILE_DLL) || !i->entry ||
	    (i->subsystem != PE_SUBSYSTEM_CONSOLE && i->subsystem != PE_SUBSYSTEM_GUI))
		return -ENOEXEC;
	/* Filters speak Linux's call numbers: they would let everything through. */
	return thread_self()->t_work & WORK_SECCOMP ? -EPERM : 0;
}

static int load(struct binprm *b)
{
	struct nt_spawn *sp = nt_spawn_mine();
	struct loading l = { 0 };
	struct nt_image *img;
	int err;

	if (b->buf[0] != 'M' || b->buf[1] != 'Z')
		return -ENOEXEC;
	img = nt_image_open(b->file);
	if (IS_ERR(img))
		return PTR_ERR(img) == -EBADMSG ? -ENOEXEC : PTR_ERR(img);
	err = check(img);
	if (!err)
		err = prepare(&l, b, img);
	nt_image_put(img);
	if (!err)
		err = binprm_commit(b);
	if (!err)
		err = enter(&l, b, sp);
	if (sp && !err) {
		nt_object_get(&l.p->ob);
		nt_object_get(&l.t->ob);
		sp->child = l.p;
		sp->child_thread = l.t;
	}
	if (sp)
		nt_spawn_done(sp, err);
	if (l.t)
		nt_object_put(&l.t->ob);
	if (l.p)
		nt_object_put(&l.p->ob);
	return err;
}

static struct binfmt binfmt_pe = { .name = "pe", .load = load, .core_dump = binfmt_no_core };

static int win32_init(void)
{
	persona_register(&nt_persona);
	binfmt_register(&binfmt_pe);
	return 0;
}
INITCALL(LATE, win32_init);
