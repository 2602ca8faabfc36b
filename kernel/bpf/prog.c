// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded programs: made by bpf(2), checked once, numbered, run as often as somebody asks.
 *
 * A program is on one list by number from its loading until its last reference goes; who finds it there gets a
 * reference only if there is one still. Numbers are not given again before all were.
 *
 * Lock order: progs_lock is innermost.
 */
#include "bpf_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/lib/fmt.h>
#include <tern/lib/idmap.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/sha1.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define LICENSE_MAX	128
#define LOG_LEVELS	0x7u
#define LOG_LEAST	128u

static struct kmutex progs_lock = KMUTEX_INIT(progs_lock, LOCKRANK_BPF);	/* protects progs, next_id */
static struct idmap progs = IDMAP_INIT;
static u32 next_id = 1;

static void *large_alloc(void *ctx, size_t size) { return kmem_alloc_large(size, ALLOC_KERNEL); }
static void large_free(void *ctx, void *p, size_t size) { kmem_free_large(p); }
static const struct lib_alloc large = { large_alloc, large_free, NULL };

/* Nodes are only read under progs_lock: nobody to wait for. */
static void *node_alloc(void *ctx, size_t size) { return kmem_alloc(size, ALLOC_KERNEL); }
static void node_free(void *ctx, void *p, size_t size) { kmem_free(p); }
static const struct lib_alloc nodes = { node_alloc, node_free, NULL };

/* ---- by number ---- */

static void prog_free(struct rcu_job *job)
{
	kmem_free_large(container_of(job, struct bpfprog, rcu));
}

void bpfprog_put(struct bpfprog *p)
{
	if (!p || !ref_put(&p->refs))
		return;
	if (p->id) {
		kmutex_lock(&progs_lock);
		idmap_remove(&progs, p->id, &nodes);
		kmutex_unlock(&progs_lock);
	}
	rcu_defer(&p->rcu, prog_free);
}

static int number(struct bpfprog *p)
{
	int id;

	kmutex_lock(&progs_lock);
	id = idmap_alloc_cyclic(&progs, p, 1, IDMAP_MAX, &next_id, &nodes);
	if (id > 0)
		p->id = (u32)id;
	kmutex_unlock(&progs_lock);
	return id < 0 ? id : 0;
}

struct bpfprog *bpfprog_find(u32 id)
{
	struct bpfprog *p;

	kmutex_lock(&progs_lock);
	p = id <= IDMAP_MAX ? idmap_find(&progs, id) : NULL;
	if (p && !atomic_inc_not_zero(&p->refs.n))
		p = NULL;
	kmutex_unlock(&progs_lock);
	return p;
}

u32 bpfprog_next_id(u32 id)
{
	u32 at = id + 1;
	void *found;

	if (id >= IDMAP_MAX)
		return 0;
	kmutex_lock(&progs_lock);
	found = idmap_next(&progs, &at);
	kmutex_unlock(&progs_lock);
	return found ? at : 0;
}

/* ---- what types of programs there are ---- */

/* The access word may be read in parts, the others whole. */
static bool device_may_load(u32 off, u32 size)
{
	if (off < offsetof(struct bpf_device_ctx, major))
		return size <= 4;
	return size == 4 && off < sizeof(struct bpf_device_ctx);
}

static const struct {
	u32 type;
	struct ebpf_kind kind;
} kinds[] = {
	{ BPF_PROG_TYPE_CGROUP_DEVICE, { device_may_load, 1 } },
};

static const struct ebpf_kind *kind_of(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i].kind;
	return NULL;
}

/* ---- loading ---- */

bool bpf_may_load(void)
{
	return cap_has(CAP_BPF) || cap_has(CAP_SYS_ADMIN);
}

bool bpf_may_rule(void)
{
	return cap_has(CAP_NET_ADMIN) || cap_has(CAP_SYS_ADMIN);
}

static bool log_is_valid(const struct bpf_load_attr *a)
{
	if (!a->log_level)
		return !a->log_buf && !a->log_size;
	return a->log_buf && a->log_size >= LOG_LEAST && a->log_size <= U32_MAX >> 2 && !(a->log_level & ~LOG_LEVELS);
}

/* What the caller's log says: why not, or nothing. */
static int tell(const struct bpf_load_attr *a, int err, const struct ebpf_fault *fault)
{
	char text[96] = "";
	size_t n;

	if (!a->log_level)
		return 0;
	if (err)
		fmt_print(text, sizeof(text), "%u: %s\n", fault->at, fault->why);
	n = min_t(size_t, strlen(text) + 1, a->log_size);
	return user_copyout((void __user *)a->log_buf, text, n) ? -EFAULT : 0;
}

static bool name_is_valid(const char *name)
{
	size_t n = strnlen(name, BPF_OBJ_NAME_LEN);

	for (size_t i = 0; i < n; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
		      (name[i] >= '0' && name[i] <= '9') || name[i] == '_' || name[i] == '.'))
			return false;
	return n < BPF_OBJ_NAME_LEN;
}

static int attr_check(const struct bpf_load_attr *a)
{
	if (a->prog_flags & ~(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT))
		return -EINVAL;
	if (!a->insn_cnt || a->insn_cnt > EBPF_MAX_INSNS)
		return -E2BIG;
	if (!bpf_may_rule())	/* all that there are do */
		return -EPERM;
	if (a->ifindex || a->func_info_cnt || a->line_info_cnt || a->attach_btf_id || a->attach_prog_fd ||
	    a->core_relo_cnt || a->pad || !name_is_valid(a->name) || !kind_of(a->prog_type) || !log_is_valid(a))
		return -EINVAL;
	return 0;
}

/* Of licenses it is only asked whether they are compatible with the GPL. */
static int take_license(struct bpfprog *p, const char __user *from)
{
	static const char *const gpl[] = { "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
					   "Dual MPL/GPL" };
	char text[LICENSE_MAX] = "";

	if (user_strncpy(text, from, sizeof(text) - 1) < 0)
		return -EFAULT;
	for (u32 i = 0; i < ARRAY_SIZE(gpl); i++)
		p->is_gpl |= !strcmp(text, gpl[i]);
	return 0;
}

static int fill(struct bpfprog *p, const struct bpf_load_attr *a)
{
	struct ebpf_fault fault;
	u8 digest[SHA1_SIZE];
	int err, told;

	if (user_copyin(p->insns, (const void __user *)a->insns, a->insn_cnt * sizeof(*p->insns)))
		return -EFAULT;
	err = take_license(p, (const char __user *)a->license);
	if (err)
		return err;
	err = ebpf_check(p->insns, a->insn_cnt, kind_of(a->prog_type), &large, &fault);
	told = tell(a, err, &fault);
	if (err || told)
		return err ? err : told;
	sha1_hash(p->insns, a->insn_cnt * sizeof(*p->insns), digest);
	memcpy(p->tag, digest, sizeof(p->tag));
	memcpy(p->name, a->name, sizeof(p->name));
	p->n = a->insn_cnt;
	p->type = a->prog_type;
	p->attach_type = a->expected_attach_type;
	p->load_time = clock_boot_ns();
	p->uid = cred_self()->uid;
	return number(p);
}

struct bpfprog *bpfprog_load(const struct bpf_load_attr *a)
{
	struct bpfprog *p;
	int err;

	if (!bpf_may_load())
		return ERR_PTR(-EPERM);
	err = attr_check(a);
	if (err)
		return ERR_PTR(err);
	p = kmem_alloc_large(sizeof(*p) + a->insn_cnt * sizeof(*p->insns), ALLOC_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	memset(p, 0, sizeof(*p));
	ref_init(&p->refs, 1);
	err = fill(p, a);
	if (!err)
		return p;
	kmem_free_large(p);
	return ERR_PTR(err);
}

void bpfprog_print(const struct bpfprog *p, struct seqbuf *sb)
{
	seqbuf_printf(sb, "prog_type:\t%u\nprog_jited:\t0\nprog_tag:\t", p->type);
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		seqbuf_printf(sb, "%02x", p->tag[i]);
	seqbuf_printf(sb, "\nmemlock:\t%lu\nprog_id:\t%u\nrun_time_ns:\t0\nrun_cnt:\t0\nrecursion_misses:\t0\n"
			  "verified_insns:\t%u\n",
		      ALIGN_UP(sizeof(*p) + p->n * sizeof(*p->insns), PAGE_SIZE), p->id, p->n);
}
