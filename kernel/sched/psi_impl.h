/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts of stalled threads on one CPU; part of a run queue and of control groups. */
#pragma once

#include <tern/base/types.h>

struct thread;
struct runq;
struct cpugroup;

/* What triggers on the whole machine wait for: BIT(PSI_*). A. */
extern u32 psi_watched;

enum psistate { PSI_IO_SOME, PSI_IO_FULL, PSI_MEM_SOME, PSI_MEM_FULL, PSI_CPU_SOME, PSI_CPU_FULL,
	PSI_NONIDLE, PSI_STATES };

/* All under the run queue lock of its CPU, but seen: under the group's lock. */
struct psicpu {
	s32 running;		/* runnable threads */
	s32 oncpu;		/* of them on the CPU, 0 or 1; groups only */
	s32 iowait;		/* sleep for I/O and slept on this CPU */
	s32 memstall, memrun;	/* wait for memory; of them runnable */
	u32 mask;		/* BIT(PSI_*) that hold now */
	nsec_t since;		/* ... since when */
	u64 times[PSI_STATES];	/* ns that each held before */
	u64 seen[PSI_STATES];	/* times at the last collection */
};

struct psidelta { s8 running, oncpu, iowait, memstall, memrun; };

/** psi_change() - counts of @rq and of the groups from @g up change. Locks: rq. */
void psi_change(struct runq *rq, struct cpugroup *g, struct psidelta d);
/** psi_move_locked() - @t leaves group @from for @to. Locks: se_lock, rq. */
void psi_move_locked(struct runq *rq, struct thread *t, struct cpugroup *from, struct cpugroup *to);
/** psi_switch() - another thread runs; one of them is in a group. Locks: rq. */
void psi_switch(struct runq *rq, struct thread *prev, struct thread *next);
/** psi_woken() - @t, which slept stalled on @last, was woken. Interrupts off. */
void psi_woken(struct runq *last, struct thread *t);
void psi_tick(struct runq *rq, nsec_t now);
