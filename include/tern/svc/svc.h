/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nine services: the doors through which both personalities reach the
 * subsystems. Owner kernel/svc/svc.c.
 *
 * Operations are rows of kernel/svc/<name>.tbl; the build makes from them
 * <generated/svc_<name>.h> with one inline function svc_<name>_<op>() each: a
 * direct call to the provider between two counters. The same rows fill a const
 * table, svc_<name>_ops, for those that dispatch at run time.
 *
 * Each service has a bit. A process may give bits up for itself and its
 * descendants; a system call whose row names a service given up fails with
 * EACCES. The syscall service (1) cannot be given up: its calls end a thread
 * or return from a signal.
 */
#pragma once

#include <asm/percpu.h>
#include <generated/svc_ops.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/preempt.h>

enum svc_id {
	SVC_NONE = 0,		/* a call without a row */
	SVC_SYSCALL = 1,
	SVC_VFS = 2,
	SVC_NET = 3,
	SVC_DEVMGR = 4,
	SVC_DRIVER = 5,
	SVC_LOADER = 6,
	SVC_STORAGE = 7,
	SVC_INPUT = 8,
	SVC_PROC = 9,
};
#define SVC_COUNT	9
static_assert(SVC_PROC == SVC_COUNT, "services are numbered from 1");

#define SVC_BIT(id)	(1u << (id))
#define SVC_MASK_ALL	(SVC_BIT(SVC_COUNT + 1) - SVC_BIT(SVC_SYSCALL))

/* What a report shows of one service; sums over all CPUs. */
struct svc_stats {
	u64 calls;		/* operations begun */
	u64 failures;		/* of these, ended with an error */
	u64 denied;		/* system calls refused by a mask */
	u32 nr_ops;		/* rows in the table */
};

DECLARE_PERCPU(u64[SVC_OP_COUNT + 1], svc_op_calls);
DECLARE_PERCPU(u64[SVC_OP_COUNT + 1], svc_op_failures);

/* Around every operation; only the generated functions use these. */
static inline void svc_enter_irq(enum svc_op op)
{
	this_cpu_add(svc_op_calls[op], 1);
}

static inline void svc_enter_nosleep(enum svc_op op)
{
	ASSERT(!in_hardirq());
	svc_enter_irq(op);
}

static inline void svc_enter_sleeps(enum svc_op op)
{
	might_sleep();
	svc_enter_irq(op);
}

static inline void svc_leave(enum svc_op op, bool has_failed)
{
	if (unlikely(has_failed))
		this_cpu_add(svc_op_failures[op], 1);
}

/**
 * svc_name() - text name of a service
 * @id: 1 to SVC_COUNT
 * Context: any.
 * Return: the name, "none" for any other number.
 */
const char *svc_name(enum svc_id id);

/**
 * svc_op_name() - text name of one operation
 * @id: service
 * @index: row, below svc_stats.nr_ops
 * @calls: set to the operation's calls
 * @failures: set to its failures
 * Context: any.
 * Return: the name, or NULL if there is no such row.
 */
const char *svc_op_name(enum svc_id id, u32 index, u64 *calls, u64 *failures);

/**
 * svc_stats() - sum up a service's counters
 * @id: 1 to SVC_COUNT
 * @out: filled in
 * Context: any.
 */
void svc_stats(enum svc_id id, struct svc_stats *out);

/**
 * svc_of_syscall() - service that owns a Linux system call
 * @nr: call number, any value
 * Context: any.
 * Return: the service, SVC_NONE for a number without a row.
 */
enum svc_id svc_of_syscall(u64 nr);

/**
 * syscall_name() - text name of a Linux system call, for traces
 * @nr: call number, any value
 * Context: any.
 * Return: the name, or NULL if Linux 6.1 has no such call.
 */
const char *syscall_name(u64 nr);

/**
 * svc_check() - may a process with this mask make this call; counts refusals
 * @mask: services that the process still has
 * @nr: call number
 * Context: any; slow path of system call entry only.
 * Return: 0, or -EACCES if the service was given up. A number without a row
 *	passes, as it ends in ENOSYS.
 */
int svc_check(u64 mask, u64 nr);

/**
 * svc_mask_drop() - give services up
 * @mask: the mask that the process has
 * @drop: bits to give up
 * @out: set to the mask that remains
 * Context: any.
 * Return: 0, or -EINVAL if @drop has unknown bits or SVC_SYSCALL's.
 */
int svc_mask_drop(u64 mask, u64 drop, u64 *out);

/**
 * svc_verify() - check nine tables: order, sizes, no empty slot
 * Context: boot; stops the machine if one is wrong.
 */
void svc_verify(void) __init;
