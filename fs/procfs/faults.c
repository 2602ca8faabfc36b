// SPDX-License-Identifier: GPL-2.0-only
/* /proc/tern/fault-injection: a rule a line, as it is written. */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/svc/fault.h>

static void print_faults(struct seqbuf *sb, void *arg)
{
	struct fault_state st;

	for (u32 p = 0; fault_get_state(p, &st); p++)
		seqbuf_printf(sb, "%s=%s # passed %lu failed %lu\n", st.location, st.action, st.passed,
			      st.failed);
}

static ssize_t write_faults(const char *text, size_t n, void *arg)
{
	int err = cap_has(CAP_SYS_ADMIN) ? fault_set_rules(text) : -EPERM;

	return err ? err : (ssize_t)n;
}
static struct procfile faults_file = {
	.path = "tern/fault-injection", .mode = 0600, .print = print_faults, .write = write_faults,
};
PROCFILE(faults_file);
