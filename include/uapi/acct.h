/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of acct(2), version 3. */
#pragma once

#include <tern/base/types.h>

#define ACCT_FORKED	0x01	/* never ran exec */
#define ACCT_PRIVILEGED	0x02	/* used super-user privileges */
#define ACCT_CORE	0x08	/* dumped core */
#define ACCT_SIGNALED	0x10	/* ended by a signal */
#define ACCT_VERSION_3	3
#define ACCT_HZ		100

struct acct_record {
	u8 flag, version;
	u16 tty;
	u32 exitcode;
	u32 uid, gid, pid, ppid;
	u32 begin_s;		/* since 1970 */
	u32 elapsed;		/* a float, in 1/100 s */
	/* Numbers of 13 bits, times 8 to the power of the upper 3. */
	u16 utime, stime, mem_kib, io, rw, minflt, majflt, swaps;
	char comm[16];
};
_Static_assert(sizeof(struct acct_record) == 64, "user ABI");
