/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults resolved by programs, private to mm/. */
#pragma once

#include <tern/base/waitq.h>
#include <tern/mm/userfault.h>

#include "aspace_impl.h"

#define REGION_UFFD (REGION_UFFD_MISSING | REGION_UFFD_WP | REGION_UFFD_MINOR)

struct uffd {
	refcount refs;		/* A file, regions, threads that wait */
	struct aspace *as;	/* I with a reference on the structure */
	bool user_only;		/* I faults of the kernel are errors */
	u64 features;		/* A set once by UFFDIO_API */
	bool is_ready;		/* A */
	bool is_closed;		/* A */
	u32 changing;		/* A events on their way: memory changes under the reader */
	struct spin lock;	/* protects the lists; LOCKRANK_FS_SPIN */
	struct list pending;	/* L struct asker not read yet */
	struct list asked;	/* L ... that were read */
	struct list events;	/* L struct uffd_event not read yet */
	struct list told;	/* L ... that are being read */
	struct waitq readers;
	struct waitq askers;	/* threads that wait for a page or for an event's reader */
};

/** uffd_must_ask() - is the fault at @addr a program's affair; as_lock held. FAULT_ASK_* into @flags. */
bool uffd_must_ask(struct region *rg, uptr addr, pte_t e, u32 *flags);
/**
 * uffd_wait() - ask, after region_fault() returned FAULT_ASK
 * @rg, @addr, @flags: as given to region_fault(); as_lock is held for reading, and released here
 * Return: 0 try again, -EINTR, -EIO: there is nobody who could be asked.
 */
int uffd_wait(struct region *rg, uptr addr, u32 flags);
/** uffd_wake() - faults in [start, end) may be tried again. */
void uffd_wake(struct uffd *u, uptr start, uptr end);
/** uffd_range_ok() - page aligned and in user space; 0 or -EINVAL. */
int uffd_range_ok(const struct uffd_range *r);
/** uffd_protect() - make the entries of a part of a region guarded, or normal; as_lock held. */
void uffd_protect(struct region *rg, uptr start, uptr end, bool is_on);

/** region_uffd_set() - @u takes the region (@flags of REGION_UFFD), NULL: nobody. as_lock for writing. */
void region_uffd_set(struct region *rg, struct uffd *u, u32 flags);

/* A child's copies of those that asked for UFFD_EVENT_FORK. */
struct uffd_forks { struct list pairs; };
/** uffd_fork_region() - @rg is a copy of @from for the child; 0 or -ENOMEM. */
int uffd_fork_region(struct uffd_forks *fk, struct region *rg, struct region *from);
/** uffd_fork_done() - tell the readers, or on an error drop all. No locks. Sleeps. */
void uffd_fork_done(struct uffd_forks *fk, int err);

/* What shall be told once as_lock is released. */
struct uffd_news { struct list link; struct uffd *u; u8 event; u64 from, to, len; };
/** uffd_news_begin() - if @rg's reader wants @feature's events; a reference is taken. as_lock held. */
void uffd_news_begin(struct uffd_news *n, struct region *rg, u64 feature);
/** uffd_news_tell() - wait until it was read. No locks. Sleeps. */
void uffd_news_tell(struct uffd_news *n);
/**
 * uffd_moved() - [@from, @from + @len) lies at @to now, in @rg: its reader is to be told by @n,
 * or has lost it. as_lock for writing.
 */
void uffd_moved(struct region *rg, uptr from, uptr to, size_t len, struct uffd_news *n);
/** uffd_unmap_begin() - who is to be told of an end of [start, end); 0 or -ENOMEM. as_lock held. */
int uffd_unmap_begin(struct aspace *as, uptr start, uptr end, struct list *news);
/** uffd_unmap_done() - tell them, or on an error nobody. No locks. Sleeps. */
void uffd_unmap_done(struct list *news, int err);
