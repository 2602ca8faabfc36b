// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading of the vendor's modules.
 *
 * A file becomes a module in these steps, each undone in reverse order on failure:
 *
 *	parse		ko_parse(): nothing is believed that was not checked
 *	judge		signature, vermagic, licence, size of struct module
 *	place		two blocks of memory (what stays, what init leaves behind), per-CPU data
 *	resolve		undefined symbols; references on the modules that have them
 *	relocate	every allocated section
 *	patch		returns, tracing calls, alternatives, static keys
 *	protect		code is executable and not writable, the rest never executable
 *	publish		found by name and by address from here on: COMING
 *	init		parameters are set, then the module's own function runs: LIVE
 *
 * Code is written only while its pages are not executable. Tables inside the file (bugs,
 * exceptions, static keys) are used where they lie in the module's memory.
 *
 * Lock order: module_lock alone, never while code of a module runs.
 */
#include "loader_impl.h"

#include "ko_sign.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/base/preempt.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/klog.h>
#include <generated/lx_key.h>
#include <generated/version.h>
#include <tern/lib/sort.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>

#include "../task.h"

#define VERMAGIC	TERN_RELEASE " SMP preempt mod_unload modversions "
#define NONBLOCK	04000u
#define TAINT_UNSIGNED	13
#define TAINT_PROPRIETARY 0

/* While a module is made: where each section is and what each symbol is worth. */
struct load {
	struct ko_image ko;
	struct elf_section *sec;
	struct ko_place *place;
	u8 **view;		/* writable bytes of a section, NULL: not mapped */
	u64 *addr;		/* the address it will have */
	u64 *value;		/* of symbols */
	u8 *percpu_image;
	struct ko_module *m;
	u32 flags;
};

static void *section(struct load *l, const char *name, u32 entry, u32 *count)
{
	u32 i = ko_find_section(&l->ko, name);

	*count = i ? (u32)(l->ko.sec[i].size / entry) : 0;
	return i ? l->view[i] : NULL;
}

/* ---- parse and judge ---- */

static int read_file(struct load *l, const void *file, u64 size)
{
	int n = ko_count_sections(file, size);
	const char *why = "not an ELF object for x86-64";
	int err = n < 0 ? n : 0;

	if (!err) {
		l->sec = kmem_calloc((size_t)n, sizeof(*l->sec), ALLOC_KERNEL);
		l->place = kmem_calloc((size_t)n, sizeof(*l->place), ALLOC_KERNEL);
		l->view = kmem_calloc((size_t)n, sizeof(*l->view), ALLOC_KERNEL);
		l->addr = kmem_calloc((size_t)n, sizeof(*l->addr), ALLOC_KERNEL);
		if (!l->sec || !l->place || !l->view || !l->addr)
			return -ENOMEM;
		err = ko_parse(file, size, l->sec, &l->ko, &why);
	}
	if (err)
		kerr("module: %s", why);
	return err;
}

static bool is_gpl(const char *licence)
{
	static const char *const known[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL",
	};

	for (u32 i = 0; licence && i < ARRAY_SIZE(known); i++)
		if (!strcmp(licence, known[i]))
			return true;
	return false;
}

static const struct ko_key vendor_key = {
	.serial = lx_key_serial, .serial_len = sizeof(lx_key_serial), .modulus = lx_key_modulus,
	.len = LX_KEY_BYTES, .exponent = LX_KEY_EXPONENT,
};

/*
 * What is signed must be what was signed. What nobody known has signed taints the kernel, or is refused if
 * module.sig_enforce says so. Flags that change what a file means leave it unsigned.
 */
static int check_signature(struct load *l)
{
	const struct ko_image *ko = &l->ko;
	const char *enforce = cmdline_get("module.sig_enforce");
	int err = !ko->sig || l->flags ? -ENODATA :
		ko_signature_check(&vendor_key, ko->data, ko->size, ko->sig, ko->sig_len);

	if (!err || (err != -ENODATA && err != -ENOKEY && err != -ENOPKG))
		return err;
	if (enforce && strchr("1yY", *enforce)) {	/* bare is yes */
		kerr("%s: loading of a module %s is rejected", ko->name, err == -ENODATA ? "without signature" :
		     err == -ENOKEY ? "with unavailable key" : "with unsupported crypto");
		return -EKEYREJECTED;
	}
	kwarn("%s: module verification failed: signature and/or required key missing - tainting kernel", ko->name);
	l->m->taints |= BIT(TAINT_UNSIGNED);
	return 0;
}

/* What the kernel is itself has been there since boot. */
static bool is_own(const char *name)
{
	static const char *const own[] = { LX_OWN_MODULES };

	for (u32 i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(name, own[i]))
			return true;
	return false;
}

static int judge(struct load *l)
{
	const struct ko_image *ko = &l->ko;
	u32 crc;

	if (!(l->flags & MODULE_INIT_IGNORE_VERMAGIC) &&
	    (!ko->vermagic || strcmp(ko->vermagic, VERMAGIC))) {
		kerr("%s: version magic '%s' should be '%s'", ko->name,
		     ko->vermagic ? ko->vermagic : "", VERMAGIC);
		return -ENOEXEC;
	}
	if (!(l->flags & MODULE_INIT_IGNORE_MODVERSIONS) &&
	    ko_version_crc(ko, "module_layout", &crc) && crc != LX_CRC_module_layout) {
		kerr("%s: disagrees about version of symbol module_layout", ko->name);
		return -ENOEXEC;
	}
	if (ko->sec[ko->this_module].size != sizeof(struct lx_module) ||
	    strlen(ko->name) >= sizeof(((struct lx_module *)0)->name)) {
		kerr("%s: its struct module is not the vendor's", ko->name);
		return -ENOEXEC;
	}
	return is_own(ko->name) ? -EEXIST : 0;
}

/* ---- place ---- */

static int place_sections(struct load *l)
{
	struct ko_module *m = l->m;
	struct ko_layout *lay = &m->layout;
	int err = ko_layout_plan(&l->ko, l->place, lay);

	if (err) {
		kerr("%s: too large, or writable code", l->ko.name);
		return err;
	}
	m->core = kva_alloc_module(lay->core.size);
	m->init = lay->init.size ? kva_alloc_module(lay->init.size) : NULL;
	if (lay->percpu_size) {
		m->percpu = percpu_alloc(lay->percpu_size, lay->percpu_align);
		l->percpu_image = kmem_zalloc(lay->percpu_size, ALLOC_KERNEL);
	}
	if (!m->core || (lay->init.size && !m->init) ||
	    (lay->percpu_size && (!m->percpu || !l->percpu_image)))
		return -ENOMEM;
	for (u32 i = 1; i < l->ko.nsec; i++) {
		struct ko_place *p = &l->place[i];
		const void *data = ko_section_data(&l->ko, i);

		if (p->cls == KO_NOWHERE)
			continue;
		if (p->cls == KO_PERCPU) {
			l->view[i] = l->percpu_image + p->offset;
			l->addr[i] = (u64)m->percpu + p->offset;
		} else {
			l->view[i] = (p->is_init ? m->init : m->core) + p->offset;
			l->addr[i] = (u64)l->view[i];
		}
		if (data)
			memcpy(l->view[i], data, l->ko.sec[i].size);
	}
	return 0;
}

/* ---- resolve and relocate ---- */

static int symbol_value(struct load *l, u32 i, const struct ko_sym *s)
{
	if (s->shndx == KO_SHN_ABS) {
		l->value[i] = s->value;
		return 0;
	}
	if (s->shndx != KO_SHN_UNDEF) {
		l->value[i] = l->view[s->shndx] ? l->addr[s->shndx] + s->value : 0;
		return 0;
	}
	return i && *s->name ? resolve_symbol(l->m, &l->ko, s->name, l->flags, &l->value[i]) : 0;
}

static int resolve_all(struct load *l)
{
	struct ko_sym s;
	int err;

	l->value = kmem_alloc_large(l->ko.nsyms * sizeof(u64), ALLOC_KERNEL | ALLOC_ZERO);
	if (!l->value)
		return -ENOMEM;
	for (u32 i = 0; i < l->ko.nsyms; i++) {
		err = ko_get_sym(&l->ko, i, &s);
		if (!err)
			err = symbol_value(l, i, &s);
		if (err)
			return err;
	}
	return 0;
}

static int relocate_section(struct load *l, u32 index)
{
	const struct ko_image *ko = &l->ko;
	u32 target = ko->sec[index].info;
	u64 size = ko->sec[target].size;
	struct ko_rela r;
	int err;

	for (u64 n = 0; n < ko_rela_count(ko, index); n++) {
		ko_get_rela(ko, index, n, &r);
		if (r.sym >= ko->nsyms || r.offset > size)
			return -ENOEXEC;
		err = ko_reloc_apply(r.type, l->view[target] + r.offset, size - r.offset,
				     l->addr[target] + r.offset, l->value[r.sym] + (u64)r.addend);
		if (err) {
			kerr("%s: relocation %u in %s at 0x%lx: error %d", ko->name, r.type,
			     ko_section_name(ko, target), r.offset, err);
			return -ENOEXEC;
		}
	}
	return 0;
}

static int relocate_all(struct load *l)
{
	int err = 0;

	for (u32 i = 1; i < l->ko.nsec && !err; i++) {
		const struct elf_section *s = &l->ko.sec[i];

		/* Bytes only: what a section without contents would hold is unknown. */
		if (s->type == KO_SHT_RELA && l->view[s->info])
			err = l->ko.sec[s->info].type == KO_SHT_NOBITS ? -ENOEXEC :
				relocate_section(l, i);
	}
	return err;
}

/* ---- what the kernel keeps of it ---- */

static int compare_ksym(const void *a, const void *b, void *ctx)
{
	const struct ko_ksym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static char symbol_letter(struct load *l, const struct ko_sym *s)
{
	const struct elf_section *sec = &l->ko.sec[s->shndx];
	char c = sec->flags & KO_SHF_EXEC ? 't' : !(sec->flags & KO_SHF_WRITE) ? 'r' :
		sec->type == KO_SHT_NOBITS ? 'b' : 'd';

	return s->bind == 1 ? (char)(c - 'a' + 'A') : c;
}

/* Is it worth a line in /proc/kallsyms: named, in memory that stays. */
static bool is_kept(struct load *l, u32 i, struct ko_sym *s)
{
	return !ko_get_sym(&l->ko, i, s) && s->type <= 2 && *s->name && s->shndx &&
	       s->shndx < l->ko.nsec && l->view[s->shndx] &&
	       l->place[s->shndx].cls != KO_PERCPU && !l->place[s->shndx].is_init;
}

static int keep_symbols(struct load *l)
{
	struct ko_module *m = l->m;
	struct ko_sym s;
	size_t text = 0;
	u32 n = 0;

	for (u32 i = 0; i < l->ko.nsyms; i++) {
		if (is_kept(l, i, &s)) {
			n++;
			text += strlen(s.name) + 1;
		}
	}
	if (!n)
		return 0;
	m->ksyms = kmem_alloc_large(n * sizeof(*m->ksyms), ALLOC_KERNEL);
	m->ksym_names = kmem_alloc_large(text, ALLOC_KERNEL);
	if (!m->ksyms || !m->ksym_names)
		return -ENOMEM;
	text = 0;
	for (u32 i = 0; i < l->ko.nsyms; i++) {
		if (!is_kept(l, i, &s))
			continue;
		m->ksyms[m->nksyms++] = (struct ko_ksym){ l->value[i], (u32)text, symbol_letter(l, &s) };
		strcpy(m->ksym_names + text, s.name);
		text += strlen(s.name) + 1;
	}
	sort_array(m->ksyms, m->nksyms, sizeof(*m->ksyms), compare_ksym, NULL);
	return 0;
}

static void keep_tables(struct load *l)
{
	static const char *const names[2][2] = {
		{ "__ksymtab", "__kcrctab" }, { "__ksymtab_gpl", "__kcrctab_gpl" },
	};
	struct ko_module *m = l->m;
	u32 ncrc;

	for (u32 i = 0; i < 2; i++) {
		struct ko_exports *e = &m->exports[i];

		e->sym = section(l, names[i][0], sizeof(*e->sym), &e->count);
		e->crc = section(l, names[i][1], sizeof(*e->crc), &ncrc);
		if (e->count > ncrc)
			e->count = ncrc;
	}
	m->extable = section(l, "__ex_table", sizeof(*m->extable), &m->nextable);
	m->bugs = section(l, "__bug_table", sizeof(*m->bugs), &m->nbugs);
	m->jumps = section(l, "__jump_table", sizeof(*m->jumps), &m->njumps);
	m->params = section(l, "__param", sizeof(*m->params), &m->nparams);
}

static int keep_info(struct load *l)
{
	struct ko_module *m = l->m;
	const char *version = ko_modinfo(&l->ko, "version", 0);
	const char *source = ko_modinfo(&l->ko, "srcversion", 0);
	struct lx_module *lx = (struct lx_module *)l->view[l->ko.this_module];

	m->lx = lx;
	strlcpy(lx->name, l->ko.name, sizeof(lx->name));
	m->name = lx->name;
	m->version = version ? kmem_strdup(version, ALLOC_KERNEL) : NULL;
	m->srcversion = source ? kmem_strdup(source, ALLOC_KERNEL) : NULL;
	if ((version && !m->version) || (source && !m->srcversion))
		return -ENOMEM;
	lx->sig_ok = !(m->taints & BIT(TAINT_UNSIGNED));
	lx->version = m->version;
	lx->srcversion = m->srcversion;
	lx->args = m->args;
	lx->state = KO_COMING;
	lx->refcnt.counter = 2;		/* one for being loaded, one while init runs */
	lx->kp = m->params;
	lx->num_kp = m->nparams;
	lx->list.next = lx->list.prev = &lx->list;
	return 0;
}

/* ---- protect ---- */

static int protect_block(u8 *base, const struct ko_block *b)
{
	u64 text = b->text_size / PAGE_SIZE, ro = (b->ro_size - b->text_size) / PAGE_SIZE;
	int err = 0;

	if (base && text)
		err = pt_protect_kernel((uptr)base, text, PROT_R | PROT_X | PROT_GLOBAL);
	if (!err && base && ro)
		err = pt_protect_kernel((uptr)base + b->text_size, ro, PROT_R | PROT_GLOBAL);
	return err;
}

static void fill_percpu(struct load *l)
{
	struct ko_module *m = l->m;

	if (!m->percpu)
		return;
	for_each_possible_cpu(cpu)
		memcpy((void *)(percpu_base[cpu] + (u64)m->percpu), l->percpu_image,
		       m->layout.percpu_size);
	m->lx->percpu = m->percpu;
	m->lx->percpu_size = (u32)m->layout.percpu_size;
}

/* ---- create and free ---- */

static void module_free(struct ko_module *m)
{
	if (m->core)
		kva_free(m->core);
	if (m->init)
		kva_free(m->init);
	percpu_free(m->percpu);
	kmem_free_large(m->ksyms);
	kmem_free_large(m->ksym_names);
	kmem_free(m->args);
	kmem_free(m->version);
	kmem_free(m->srcversion);
	kmem_free(m->param_attrs);
	kmem_free(m);
}

static void load_end(struct load *l)
{
	kmem_free(l->sec);
	kmem_free(l->place);
	kmem_free(l->view);
	kmem_free(l->addr);
	kmem_free_large(l->value);
	kmem_free(l->percpu_image);
}

static int build(struct load *l, const void *file, u64 size)
{
	int err = read_file(l, file, size);

	if (!err)
		err = check_signature(l);
	if (!err)
		err = judge(l);
	if (!err)
		err = place_sections(l);
	if (err)
		return err;
	l->m->is_gpl = is_gpl(ko_modinfo(&l->ko, "license", 0));
	if (!l->m->is_gpl)
		l->m->taints |= BIT(TAINT_PROPRIETARY);
	err = resolve_all(l);
	if (!err)
		err = relocate_all(l);
	if (err)
		return err;
	keep_tables(l);
	err = keep_info(l);
	if (!err)
		err = keep_symbols(l);
	if (!err)
		err = patch_code(&l->ko, l->view);
	if (!err)
		err = patch_jumps(l->m);
	if (err)
		return err;
	fill_percpu(l);
	err = protect_block(l->m->core, &l->m->layout.core);
	return err ? err : protect_block(l->m->init, &l->m->layout.init);
}

static void drop(struct ko_module *m)
{
	kmutex_lock(&module_lock);
	module_drop_needs_locked(m);
	kmutex_unlock(&module_lock);
	module_free(m);
}

static int publish(struct ko_module *m)
{
	int err = 0;

	kmutex_lock(&module_lock);
	if (module_find_locked(m->name))
		err = -EEXIST;
	else
		list_add_rcu(&m->link, &modules);
	kmutex_unlock(&module_lock);
	return err;
}

static void unpublish(struct ko_module *m)
{
	module_sysfs_remove(m);
	kmutex_lock(&module_lock);
	list_del_rcu(&m->link);
	module_drop_needs_locked(m);
	kmutex_unlock(&module_lock);
	rcu_flush();		/* functions that it deferred lie in its memory */
	rcu_wait();
	module_free(m);
}

/* ---- init ---- */

static int run_init(struct ko_module *m)
{
	u32 before = preempt_count();
	int err = lx_task_enter();

	if (err || !m->lx->init)
		return err;
	err = m->lx->init();
	if (preempt_count() != before) {
		kerr("%s: init returned with preemption count %x instead of %x", m->name,
		     preempt_count(), before);
		this_cpu_add(cpu_preempt_count, before - preempt_count());
	}
	if (!irq_is_enabled()) {
		kerr("%s: init returned with interrupts off", m->name);
		irq_enable();
	}
	if (err > 0) {
		kwarn("%s: init suspiciously returned %d, it should follow 0/-E convention", m->name,
		      err);
		err = 0;
	}
	return err;
}

static void became_live(struct ko_module *m)
{
	void *init = m->init;

	kmutex_lock(&module_lock);
	m->lx->state = KO_LIVE;
	kmutex_unlock(&module_lock);
	__atomic_sub_fetch(&m->lx->refcnt.counter, 1, __ATOMIC_SEQ_CST);
	WRITE_ONCE(m->init, NULL);
	rcu_wait();		/* somebody may be looking up an address in it */
	if (init)
		kva_free(init);
	for (u32 i = 0; i < 64; i++)
		if (m->taints & BIT(i))
			klog_taint(i);
}

static int start(struct ko_module *m)
{
	int err = params_parse(m, m->args);

	if (!err)
		err = module_sysfs_add(m);
	if (!err)
		err = run_init(m);
	if (!err) {
		became_live(m);
		return 0;
	}
	m->lx->state = KO_GOING;
	unpublish(m);
	return err < -4095 ? -EINVAL : err;
}

int module_load(const void *file, u64 size, char *args, u32 flags)
{
	struct load l = { .flags = flags };
	int err;

	l.m = kmem_zalloc(sizeof(*l.m), ALLOC_KERNEL);
	if (!l.m) {
		kmem_free(args);
		return -ENOMEM;
	}
	l.m->args = args;
	list_init(&l.m->needs);
	err = build(&l, file, size);
	load_end(&l);
	if (!err)
		err = publish(l.m);
	if (err) {
		drop(l.m);
		return err;
	}
	return start(l.m);
}

/* ---- unload ---- */

static int begin_unload_locked(const char *name, u32 flags, struct ko_module **out)
{
	struct ko_module *m = module_find_locked(name);

	if (!m)
		return -ENOENT;
	if (m->nusers)
		return -EWOULDBLOCK;
	if (m->lx->state != KO_LIVE || m->is_dead)
		return -EBUSY;
	if (m->lx->init && !m->lx->exit)
		return -EBUSY;
	if (!module_stop_if_unused(m))
		return -EWOULDBLOCK;
	m->lx->state = KO_GOING;
	*out = m;
	return 0;
}

int module_unload(const char *name, u32 flags)
{
	struct ko_module *m;
	int err;

	kmutex_lock(&module_lock);
	err = begin_unload_locked(name, flags, &m);
	kmutex_unlock(&module_lock);
	if (err)
		return err;
	err = lx_task_enter();
	if (!err && m->lx->exit)
		m->lx->exit();
	unpublish(m);
	return err;
}
