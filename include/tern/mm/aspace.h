/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces and the regions in them. Owner mm/aspace.c, region.c, fault.c.
 *
 * A region is a page-aligned range with one protection and one backing:
 * anonymous, private or shared file, or a device's. Regions never overlap;
 * neighbours that agree are merged. Page tables are filled by faults only
 * (or by populate).
 *
 * Lock order: as_lock (rwsem) > pagecache inval > rmap lock > page lock word of the
 * table (pt_lock). Faults hold as_lock for reading.
 *
 * Legend: I immutable, L as_lock (write to change), A atomic, P pt_lock.
 */
#pragma once

#include <asm/aspace.h>
#include <asm/pgtable.h>
#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/lib/rbtree.h>
#include <tern/mm/pagecache.h>
#include <tern/mm/uio.h>

struct aspace;
struct region;
struct ofile;
struct uffd;		/* mm/userfault.c */
struct anonset;		/* reverse map of anonymous pages; mm/anon.c */

/* A region's place in an rmap_tree. */
struct rmap_link {
	struct rbnode node;
	u64 last_max;		/* augmented: largest last index of the subtree */
	struct region *rg;
};

/* Region flags: low bits are PROT_R/W/X. */
#define REGION_READ	0x1u
#define REGION_WRITE	0x2u
#define REGION_EXEC	0x4u
#define REGION_SHARED	0x8u
#define REGION_MAYREAD	0x10u
#define REGION_MAYWRITE	0x20u
#define REGION_MAYEXEC	0x40u
#define REGION_GROWSDOWN 0x100u	/* stack */
#define REGION_LOCKED	0x200u	/* mlock */
#define REGION_LOCKONFAULT 0x400u
#define REGION_DONTFORK	0x800u	/* MADV_DONTFORK */
#define REGION_DONTDUMP	0x1000u
#define REGION_WIPEONFORK 0x2000u
#define REGION_SPECIAL	0x4000u	/* vdso, vvar: kernel pages; no merge, no expand */
#define REGION_PFNMAP	0x8000u	/* raw frames without struct page (device memory) */
#define REGION_NORESERVE 0x10000u
#define REGION_SEQ_READ	0x20000u
#define REGION_RAND_READ 0x40000u
#define REGION_NOHUGE	0x80000u
#define REGION_HUGE	0x100000u
#define REGION_ACCOUNT	0x200000u	/* counts against the commit limit */
#define REGION_UFFD_MISSING 0x400000u	/* userfault.c: faults that a program resolves */
#define REGION_UFFD_WP	0x800000u
#define REGION_UFFD_MINOR 0x1000000u
#define REGION_PROT	0x7u
#define REGION_MAYALL	(REGION_MAYREAD | REGION_MAYWRITE | REGION_MAYEXEC)

/* What a fault wants; region ops fill in the page. */
struct pagefault {
	struct region *rg;
	uptr addr;		/* page aligned */
	u64 index;		/* page index in the object */
	bool is_write, is_exec;
	struct page *page;	/* out: with a reference, locked if FAULT_LOCKED returned */
	pfn_t pfn;		/* out for REGION_PFNMAP */
};

struct region_ops {
	void (*open)(struct region *rg);	/* duplicated (fork, split) */
	void (*close)(struct region *rg);	/* unmapped */
	/* 0 with f->page set; -errno: -EFAULT -> SIGSEGV, others -> SIGBUS; -ENOMEM -> OOM */
	int (*fault)(struct pagefault *f);
	int (*may_split)(struct region *rg, uptr addr);
	const char *(*name)(struct region *rg);	/* for /proc/PID/maps, NULL: default */
};

struct region {
	uptr start, end;	/* L; [start, end) */
	u32 flags;		/* L REGION_* */
	u16 mempolicy;		/* L mbind(2): kind and flags; 0: the thread's */
	struct aspace *as;	/* I */
	u64 pgoff;		/* L page index in the object of start */
	struct ofile *file;	/* I backing file with a reference, or NULL */
	struct pagecache *pc;	/* I object, or NULL for anonymous private */
	const struct region_ops *ops;	/* I never NULL */
	void *priv;		/* ops owner's */
	struct rbnode node;	/* L in as_regions */
	uptr gap;		/* L free bytes between the region before and this one's guard */
	uptr gap_max;		/* L largest gap in this subtree */
	u64 pte_bits;		/* L entry bits of this protection, write bit included */
	struct rmap_link pc_link;	/* pc->maps.lock: in pc->maps */
	/* A with a reference, set once by a fault: has or had pages of its own; fork copies their entries */
	struct anonset *anon;
	struct uffd *uffd;	/* L with a reference: who resolves its faults; NULL */
	struct rmap_link anon_link;	/* in anon's tree */
	struct list gone_link;	/* while it is being unmapped */
	struct rcu_job rcu;
};

struct memgroup;

/* Resident pages by kind; kept exactly, in per-aspace atomics. */
enum rss_kind { RSS_FILE, RSS_ANON, RSS_SHMEM, RSS_SWAP, RSS_KINDS };

struct aspace {
	struct arch_aspace arch;	/* page table root, PCID state, CPUs that may cache it */
	refcount as_users;		/* threads and temporary users; 0: regions are torn down */
	refcount as_refs;		/* users count one together; CPUs in lazy mode one each */
	struct rwsem as_lock;		/* protects regions and the limits below */
	struct spin as_anon_lock;	/* one region at a time gets its anonset; LOCKRANK_ANON */
	struct list as_all_link;	/* on the list of all address spaces */
	struct rbtree as_regions;	/* L by address, augmented with gaps */
	struct region *as_last_hit;	/* hint, read under L */
	u32 nregions;			/* L */
	u32 as_seq;			/* A bumped on every region change */
	u64 total_vm, locked_vm, data_vm, stack_vm, exec_vm, pinned_vm;	/* L in pages */
	u64 hiwater_rss, hiwater_vm;	/* pages; racy maxima */
	atomic64 rss[RSS_KINDS];	/* A pages */
	atomic64 pt_bytes;		/* A page table memory */
	uptr mmap_base;			/* top of the mmap area; searched downwards */
	uptr start_code, end_code, start_data, end_data;	/* L */
	uptr start_brk, brk, start_stack;
	uptr arg_start, arg_end, env_start, env_end;
	u64 auxv[48];			/* as given to the program; for /proc/PID/auxv */
	u32 def_flags;			/* REGION_LOCKED after mlockall(MCL_FUTURE) */
	bool is_dumpable;
	struct ofile *exe_file;		/* with a reference */
	uptr vdso_addr;
	bool is_clock_hidden;		/* the vDSO must make system calls */
	void *uid_owner;
	u64 limit_as, limit_data, limit_stack, limit_memlock; /* bytes, from rlimits at last change */
	u32 membarrier_state;		/* A MEMBARRIER_STATE_*, kernel/ipc */
	bool oom_victim;		/* A its users are to die; set once */
	struct memgroup *oom_group;	/* A with a reference: for whose sake; NULL: everybody's */
};

/** aspace_create() - an empty address space, one user reference; NULL if no memory. Sleeps. */
struct aspace *aspace_create(void);
/** aspace_fork() - copy-on-write copy of thread_self's; ERR_PTR(-ENOMEM, -EAGAIN). Sleeps. */
struct aspace *aspace_fork(struct aspace *parent);
static inline void aspace_get(struct aspace *as) { ref_get(&as->as_users); }
bool aspace_get_unless_zero(struct aspace *as);
/** aspace_put() - last user: unmap everything. Sleeps. */
void aspace_put(struct aspace *as);
/**
 * aspace_ref() / aspace_unref() - keep the structure and top table only (lazy
 * TLB). unref: any context.
 */
void aspace_ref(struct aspace *as);
void aspace_unref(struct aspace *as);
/**
 * aspace_mark_victim() - @as will be given back soon: until then its users may use all reserves, and nobody else
 * has to die. @g: the full group for whose sake (it holds one more of nvictims), or NULL. Again: nothing.
 * Context: any; a thread that has @as for its own cannot drop it meanwhile (t_lock).
 */
void aspace_mark_victim(struct aspace *as, struct memgroup *g);
#define VICTIM_PATIENCE_NS	(2UL * 1000000000)	/* one that has not gone by then is not waited for */
/** aspace_switch() - called by the scheduler, interrupts off: activate @next (NULL: stay lazy).
 * @prev and @next are t_as of the threads (NULL: kernel thread); which space
 * stays loaded lazily on this CPU, and the
 * reference for it, is mm's business. May be called with a run queue lock held. */
void aspace_switch(struct aspace *prev, struct aspace *next);
extern struct aspace aspace_kernel;	/* kernel threads and early boot */

DECLARE_PERCPU(struct aspace *, cpu_aspace);
/** aspace_self() - thread_self's address space, NULL in kernel threads (set by aspace_switch). */
static inline struct aspace *aspace_self(void) { return this_cpu_read(cpu_aspace); }

/* ---- regions; the caller holds as_lock as stated ---- */
/** region_find() - first region with end > addr, or NULL. Lock: read. */
struct region *region_find(struct aspace *as, uptr addr);
/** region_at() - region that contains addr, or NULL. Lock: read. */
struct region *region_at(struct aspace *as, uptr addr);
struct region *region_next(struct region *rg);
struct region *region_first(struct aspace *as);

struct map_request {
	uptr addr;		/* hint, or exact with MAP_FIXED */
	size_t len;		/* bytes; rounded up */
	u32 rflags;		/* REGION_* */
	u32 map_flags;		/* MAP_* of uapi/mman.h */
	struct ofile *file;	/* borrowed; NULL anonymous */
	u64 pgoff;
	const struct region_ops *ops;	/* NULL: by file / anonymous */
	struct pagecache *pc;	/* NULL: the file's, or anonymous */
	void *priv;
	bool owns_shmem;	/* the file's mmap called aspace_shmem_map(): aspace_shmem_done() is due */
};
/**
 * aspace_map() - create a mapping; takes as_lock itself
 * Return: address, or -ENOMEM, -EINVAL, -EEXIST (MAP_FIXED_NOREPLACE), -EACCES, -EPERM,
 *	-EAGAIN (locked limit), -ENODEV, -EOVERFLOW as mmap(2).
 */
long aspace_map(struct aspace *as, struct map_request *req);
/** aspace_unmap() - munmap semantics; -EINVAL, -ENOMEM. */
int aspace_unmap(struct aspace *as, uptr addr, size_t len);
int aspace_protect(struct aspace *as, uptr addr, size_t len, u32 prot);
long aspace_remap(struct aspace *as, uptr old, size_t old_len, size_t new_len, u32 flags, uptr new_addr);
/** aspace_brk() - move the heap end; returns the end that is now in force. */
uptr aspace_brk(struct aspace *as, uptr brk);
/** aspace_populate() - fault pages in (MAP_POPULATE, mlock); best effort returns 0 or -errno. */
int aspace_populate(struct aspace *as, uptr addr, size_t len);

/**
 * aspace_stack_setup() - exec: stack region at @top growing down, @size initial
 * bytes, REGION_EXEC if @exec.
 */
int aspace_stack_setup(struct aspace *as, uptr top, size_t size, bool is_exec);

/**
 * aspace_access() - read or write another address space (ptrace, /proc/PID/mem, execve arguments)
 * @force: ignore missing write permission on private mappings (ptrace)
 * Return: bytes done.
 */
size_t aspace_access(struct aspace *as, uptr addr, void *buf, size_t len, bool is_write, bool force);

/**
 * aspace_pin() - get references on @n user pages of thread_self (or @as) starting at addr
 * Return: pages pinned (may be short), or -EFAULT/-ENOMEM. Unpin with page_put
 * (mark dirty first if written).
 */
long aspace_pin(struct aspace *as, uptr addr, u32 n, bool is_write, struct page **out);

/** futex key support: the object and offset behind a shared address. */
struct shared_key { void *object; u64 index; u32 offset; bool is_private; };
/**
 * aspace_shared_key() - 0 or -EFAULT; for private anonymous memory object is
 * the aspace, index the address. The object is referenced by the key's holder
 * only while it waits (vnode or aspace).
 */
int aspace_shared_key(uptr addr, bool is_write, struct shared_key *key);

/* Default ops for file systems whose files live in the page cache. */
extern const struct region_ops region_ops_pagecache;
extern const struct region_ops region_ops_anon;

/* per-region resident counts for smaps: walks page tables under the lock */
/* Bytes. Each page counts in pss by the share of who maps it; in one of pss_anon, pss_shmem and pss_file as well. */
struct region_usage {
	u64 rss, pss, pss_dirty, pss_anon, pss_file, pss_shmem, shared_clean, shared_dirty, private_clean,
	    private_dirty, referenced, anonymous, swap, swap_pss, locked, lazyfree, anon_huge;
};
void region_usage_get(struct region *rg, struct region_usage *out);

/** aspace_rss() - resident pages of all kinds; also moves hiwater_rss. */
u64 aspace_rss(struct aspace *as);
/** region_name() - what /proc/PID/maps shows for a region without a file, or NULL. */
const char *region_name(struct region *rg);
/**
 * aspace_shmem_map() - region ops and cache of a new anonymous shared object into @req; 0, -ENOMEM.
 * The object is the caller's too until aspace_shmem_done(), after aspace_map().
 */
int aspace_shmem_map(struct map_request *req);
void aspace_shmem_done(struct map_request *req);
/**
 * aspace_map_special() - pages of the kernel (vdso): the array @pages stays the
 * caller's and must live as long as the kernel; @addr hint; @ops NULL: maps
 * @pages as they are, else ops with @priv; address or -errno.
 */
long aspace_map_special(struct aspace *as, uptr addr, struct page **pages, u32 n, u32 prot,
			const struct region_ops *ops, void *priv);
/** aspace_forget_special() - regions with @ops look for their pages anew. Sleeps. */
void aspace_forget_special(struct aspace *as, const struct region_ops *ops);
/**
 * aspace_shift_stack() - exec: move the stack region with its pages down by
 * @shift bytes; 0, -ENOMEM.
 */
int aspace_shift_stack(struct aspace *as, struct region *rg, uptr shift);

/* /proc/sys/vm */
extern u32 vm_overcommit_mode;		/* 0 heuristic, 1 always, 2 never */
extern u32 vm_overcommit_ratio;		/* percent of RAM in mode 2 */
extern u32 vm_max_map_count;
extern u64 vm_mmap_min_addr;
extern u32 vm_stack_guard_pages;

/** aspace_reap() - nobody will use @as's own pages again: free them now. 0, -EINTR. Sleeps. */
int aspace_reap(struct aspace *as);
/** aspace_set_policy() - mempolicy of [@start, @end); 0, -EFAULT a hole, -ENOMEM. Sleeps. */
int aspace_set_policy(struct aspace *as, uptr start, uptr end, u16 policy);
/** aspace_advise() - madvise(2) on any address space with a user reference. Sleeps. */
int aspace_advise(struct aspace *as, uptr addr, size_t len, int advice);
/**
 * aspace_pagemap() - what the @n pages from @start on are, as /proc/PID/pagemap has it
 * @out: n entries; frame numbers only @with_frames
 * Return: 0, -EINTR. Sleeps.
 */
int aspace_pagemap(struct aspace *as, uptr start, u64 n, u64 *out, bool with_frames);
/** aspace_clear_refs() - forget which pages were used, of files or of memory without one. 0, -EINTR. */
int aspace_clear_refs(struct aspace *as, bool of_anon, bool of_files);
/** aspace_reset_peak() - the peak of resident pages is what is resident now. */
static inline void aspace_reset_peak(struct aspace *as)
{
	WRITE_ONCE(as->hiwater_rss, 0);
	aspace_rss(as);
}
