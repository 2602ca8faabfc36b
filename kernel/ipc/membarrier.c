// SPDX-License-Identifier: GPL-2.0-only
/*
 * membarrier(2): a barrier on all CPUs that run threads, in exchange for none
 * in the fast path of user code. Private commands interrupt only CPUs that run
 * the caller's address space; the global one waits for a grace period, after
 * which every CPU has been through the scheduler.
 */
#include <tern/kernel/futex.h>
#include <tern/kernel/process.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/aspace.h>

#define CMD_QUERY			0
#define CMD_GLOBAL			BIT(0)
#define CMD_GLOBAL_EXPEDITED		BIT(1)
#define CMD_REGISTER_GLOBAL_EXPEDITED	BIT(2)
#define CMD_PRIVATE_EXPEDITED		BIT(3)
#define CMD_REGISTER_PRIVATE_EXPEDITED	BIT(4)
#define CMD_PRIVATE_SYNC_CORE		BIT(5)
#define CMD_REGISTER_PRIVATE_SYNC_CORE	BIT(6)
#define CMD_PRIVATE_RSEQ		BIT(7)
#define CMD_REGISTER_PRIVATE_RSEQ	BIT(8)
#define CMD_ALL (CMD_GLOBAL | CMD_GLOBAL_EXPEDITED | CMD_REGISTER_GLOBAL_EXPEDITED | \
		 CMD_PRIVATE_EXPEDITED | CMD_REGISTER_PRIVATE_EXPEDITED | \
		 CMD_PRIVATE_SYNC_CORE | CMD_REGISTER_PRIVATE_SYNC_CORE | \
		 CMD_PRIVATE_RSEQ | CMD_REGISTER_PRIVATE_RSEQ)
#define FLAG_CPU			1u

struct barrier_request { struct aspace *as; bool restart_rseq; };

/* On each CPU: the interrupt itself is the barrier, and iret serialises the core. */
static void on_cpu(void *arg)
{
	struct barrier_request *r = arg;
	struct thread *t = thread_self();

	mb();
	if (r->restart_rseq && t->t_as == r->as && t->t_rseq)
		thread_work_set(t, WORK_NOTIFY);
}

static void barrier_on(u32 cpu, bool restart_rseq)
{
	struct barrier_request r = { thread_self()->t_as, restart_rseq };

	mb();
	if (cpu_count_online > 1)
		smp_call(cpu, on_cpu, &r);
	mb();
}

static long private_barrier(u64 cmd, u32 flags, int cpu)
{
	u32 need = cmd << 1;	/* the command that registers is the next bit */
	bool restart = cmd == CMD_PRIVATE_RSEQ;

	if (!(READ_ONCE(thread_self()->t_as->membarrier_state) & need))
		return -EPERM;
	if (ref_read(&thread_self()->t_as->as_users) == 1)
		return 0;
	if (!(flags & FLAG_CPU)) {
		barrier_on(SMP_CALL_OTHERS, restart);
		return 0;
	}
	if (cpu < 0 || (u32)cpu >= cpu_count_possible || !cpu_is_online(cpu))
		return 0;
	if ((u32)cpu != cpu_self())
		barrier_on(cpu, restart);
	return 0;
}

long sys_membarrier(int cmd, u32 flags, int cpu)
{
	struct aspace *as = thread_self()->t_as;

	if (cmd == CMD_PRIVATE_RSEQ ? flags & ~FLAG_CPU : flags)
		return -EINVAL;
	switch (cmd) {
	case CMD_QUERY:
		return CMD_ALL;
	case CMD_GLOBAL:
		if (cpu_count_online > 1)
			rcu_wait();
		return 0;
	case CMD_GLOBAL_EXPEDITED:
		barrier_on(SMP_CALL_OTHERS, false);
		return 0;
	case CMD_REGISTER_GLOBAL_EXPEDITED:
	case CMD_REGISTER_PRIVATE_EXPEDITED:
	case CMD_REGISTER_PRIVATE_SYNC_CORE:
	case CMD_REGISTER_PRIVATE_RSEQ:
		__atomic_fetch_or(&as->membarrier_state, (u32)cmd, __ATOMIC_SEQ_CST);
		return 0;
	case CMD_PRIVATE_EXPEDITED:
	case CMD_PRIVATE_SYNC_CORE:
	case CMD_PRIVATE_RSEQ:
		return private_barrier(cmd, flags, cpu);
	}
	return -EINVAL;
}
