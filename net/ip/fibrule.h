/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules: which routing table a packet asks. Owner net/ip/fibrule.c. */
#pragma once

#include "fibset.h"
#include <uapi/if.h>

struct fibrule {
	struct list link;		/* R config_lock: fibset->rules */
	struct rcu_job rcu;
	u32 priority;
	u32 table, jump;		/* FR_ACT_TO_TBL, FR_ACT_GOTO */
	u32 mark, mask;
	u32 uid_low, uid_high;
	s32 suppress_plen;		/* routes no longer than this do not count; -1: all do */
	fibkey src, dst;
	u8 src_len, dst_len;
	u8 action, protocol;
	bool is_inverted, has_uids;
	char iif[IFNAMSIZ], oif[IFNAMSIZ];
};

/** fibrule_next() - the first rule after @at (NULL: of all) that fits @f; NULL: none. RCU. */
const struct fibrule *fibrule_next(struct fibset *s, const struct fibrule *at, const struct fibflow *f);
