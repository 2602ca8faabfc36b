/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection: rules make chosen places fail as they might on a bad day.
 * Owner kernel/fault/fault.c; the places are rows of kernel/fault/faults.tbl.
 *
 * A place without a rule costs a test of one word.
 */
#pragma once

#include <generated/fault_points.h>
#include <tern/base/compiler.h>
#include <tern/base/types.h>

/* Bit of each point that has a rule. Written under the rules' lock. */
extern u64 fault_armed;

/* What a report shows of one place. */
struct fault_state {
	const char *location;
	char action[40];	/* as a rule is written */
	u64 passed, failed;	/* since the rule was set */
};

/** fault_decide() - slow path of fault_inject(): count, delay, choose. */
int fault_decide(enum fault_point p);

/** fault_any_armed() - is there a rule for any of these places (BIT(point) each). */
static __always_inline bool fault_any_armed(u64 points)
{
	return IS_ENABLED(CONFIG_FAULT_INJECTION) && unlikely(READ_ONCE(fault_armed) & points);
}

/**
 * fault_inject() - should this place fail now
 * @p: the place
 *
 * Context: any; sleeps only for a delay rule, and only where that is allowed.
 * Return: 0 to go on, or the place's negative errno.
 */
static __always_inline int fault_inject(enum fault_point p)
{
	return fault_any_armed(BIT(p)) ? fault_decide(p) : 0;
}

/**
 * fault_set_rules() - take rules "location=action" separated by commas or blanks
 * @text: NUL-terminated; a # starts a comment up to the end of the line
 *
 * Either all rules take effect or none. Actions: off, fail, drop-every:N,
 * fail-after:N, rate:N (of 1000, at random), delay-ms:N.
 * Context: thread, no locks held.
 * Return: 0, -ENOENT for an unknown location, -EINVAL for a bad action.
 */
int fault_set_rules(const char *text);

/** fault_get_state() - the rule and counters of place @p; false past the last. Context: any. */
bool fault_get_state(u32 p, struct fault_state *out);
