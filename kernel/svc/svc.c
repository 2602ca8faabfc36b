// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names, counters, masks and boot-time checks of the nine services. The
 * tables themselves are generated from the *.tbl files beside this one.
 *
 * Locks: none. Counters belong to their CPU and are only summed by readers,
 * which may miss what is being added; everything else is const.
 */
#include <tern/svc/svc.h>

#include <asm/cpu.h>
#include <generated/svc_devmgr.h>
#include <generated/svc_driver.h>
#include <generated/svc_input.h>
#include <generated/svc_loader.h>
#include <generated/svc_net.h>
#include <generated/svc_proc.h>
#include <generated/svc_storage.h>
#include <generated/svc_syscall.h>
#include <generated/svc_vfs.h>
#include <generated/syscalls.h>
#include <tern/base/bug.h>

/* One service's table as the checks and reports see it. */
struct svc_desc {
	enum svc_id id;
	const char *name;
	const void *ops;	/* struct svc_<name>_ops: function pointers only */
	size_t ops_bytes;
	u32 first_op;		/* enum svc_op of row 0 */
	u32 nr_ops;
	const char *const *op_names;
};

#include <generated/svc_tables.inc>

DEFINE_PERCPU(u64[SVC_OP_COUNT + 1], svc_op_calls);
DEFINE_PERCPU(u64[SVC_OP_COUNT + 1], svc_op_failures);
static DEFINE_PERCPU(u64[SVC_COUNT + 1], svc_denied);

static const u8 service_of[SYSCALL_COUNT] = {
#include <generated/syscall_services.inc>
};

static const char *const name_of[SYSCALL_COUNT] = {
#include <generated/syscall_names.inc>
};

static const struct svc_desc *desc_of(enum svc_id id)
{
	return id >= SVC_SYSCALL && id <= SVC_COUNT ? &svc_descs[id - 1] : NULL;
}

const char *svc_name(enum svc_id id)
{
	const struct svc_desc *d = desc_of(id);

	return d ? d->name : "none";
}

static void op_counts(u32 op, u64 *calls, u64 *failures)
{
	u32 cpu;

	*calls = 0;
	*failures = 0;
	for (cpu = 0; cpu < cpu_count_possible; cpu++) {
		*calls += READ_ONCE((*percpu_ptr(svc_op_calls, cpu))[op]);
		*failures += READ_ONCE((*percpu_ptr(svc_op_failures, cpu))[op]);
	}
}

const char *svc_op_name(enum svc_id id, u32 index, u64 *calls, u64 *failures)
{
	const struct svc_desc *d = desc_of(id);

	if (!d || index >= d->nr_ops)
		return NULL;
	op_counts(d->first_op + index, calls, failures);
	return d->op_names[index];
}

void svc_stats(enum svc_id id, struct svc_stats *out)
{
	const struct svc_desc *d = desc_of(id);
	u64 calls, failures;
	u32 i;

	*out = (struct svc_stats){ .nr_ops = d ? d->nr_ops : 0 };
	if (!d)
		return;
	for (i = 0; i < d->nr_ops; i++) {
		op_counts(d->first_op + i, &calls, &failures);
		out->calls += calls;
		out->failures += failures;
	}
	for (i = 0; i < cpu_count_possible; i++)
		out->denied += READ_ONCE((*percpu_ptr(svc_denied, i))[id]);
}

enum svc_id svc_of_syscall(u64 nr)
{
	return nr < SYSCALL_COUNT ? service_of[nr] : SVC_NONE;
}

const char *syscall_name(u64 nr)
{
	return nr < SYSCALL_COUNT ? name_of[nr] : NULL;
}

int svc_check(u64 mask, u64 nr)
{
	enum svc_id id = svc_of_syscall(nr);

	if (id == SVC_NONE || (mask & SVC_BIT(id)))
		return 0;
	this_cpu_add(svc_denied[id], 1);
	return -EACCES;
}

int svc_mask_drop(u64 mask, u64 drop, u64 *out)
{
	if (drop & ~(u64)(SVC_MASK_ALL & ~SVC_BIT(SVC_SYSCALL)))
		return -EINVAL;
	*out = mask & ~drop;
	return 0;
}

void svc_verify(void)
{
	u32 i, slot, next_op = 0;

	for (i = 0; i < SVC_COUNT; i++) {
		const struct svc_desc *d = &svc_descs[i];
		const uptr *slots = d->ops;

		VERIFY(d->id == i + 1);
		VERIFY(d->first_op == next_op);
		VERIFY(d->ops_bytes == d->nr_ops * sizeof(*slots));
		for (slot = 0; slot < d->nr_ops; slot++)
			VERIFY(slots[slot] && d->op_names[slot]);
		next_op += d->nr_ops;
	}
	VERIFY(next_op == SVC_OP_COUNT);
}
