// SPDX-License-Identifier: GPL-2.0-only
/* /proc/tern: what only this kernel has to tell. */
#include "procfs_impl.h"

#include <tern/svc/svc.h>

/* One line a service, then one for each operation that was ever used. */
static void print_services(struct seqbuf *sb, void *arg)
{
	struct svc_stats st;
	u64 calls, failures;
	const char *op;

	seqbuf_puts(sb, "id name     operations        calls     failures       denied\n");
	for (u32 id = 1; id <= SVC_COUNT; id++) {
		svc_stats(id, &st);
		seqbuf_printf(sb, "%2u %-8s %10u %12lu %12lu %12lu\n", id, svc_name(id), st.nr_ops,
			      st.calls, st.failures, st.denied);
	}
	for (u32 id = 1; id <= SVC_COUNT; id++) {
		for (u32 i = 0; (op = svc_op_name(id, i, &calls, &failures)); i++)
			if (calls)
				seqbuf_printf(sb, "   %s.%s %lu %lu\n", svc_name(id), op, calls, failures);
	}
}
static struct procfile services_file = { .path = "tern/services", .print = print_services };
PROCFILE(services_file);

#define SYSCALL_NR_END	512	/* past every number of Linux's */

/* Calls that programs asked for and this kernel does not have. */
static void print_missing(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "missing %lu\n", syscall_missing_count());
	for (u64 nr = 0; nr < SYSCALL_NR_END; nr++) {
		u32 n = syscall_missing_calls(nr);
		const char *name = syscall_name(nr);

		if (n)
			seqbuf_printf(sb, "%4lu %-24s %u\n", nr, name ? name : "?", n);
	}
}
static struct procfile missing_file = { .path = "tern/syscalls", .print = print_missing };
PROCFILE(missing_file);
