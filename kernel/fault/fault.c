// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection: rules by location, their counters, and the decision.
 *
 * A rule is one word, action and number, so that a place reads it without a
 * lock while another CPU writes it. Setting a rule starts its counters anew. A
 * place passes its rule at any time, in any context; only a delay needs a
 * thread that may sleep, and is left out elsewhere.
 *
 * Pid 1 and processes that are exempt from the OOM killer (oom_score_adj -1000)
 * never fail: what drives a test, and what the machine cannot do without, lives
 * on. The random choices of a rule repeat from boot to boot.
 *
 * Rules come from the command line (fault=), from the firmware's configuration
 * (drivers/firmware/fw_cfg.c) and from /proc/tern/fault-injection.
 *
 * Lock order: rules_lock is taken with nothing else held.
 */
#include <tern/svc/fault.h>

#include <asm/atomic.h>
#include <asm/cpu.h>
#include <tern/base/initcall.h>
#include <tern/base/preempt.h>
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/fmt.h>
#include <tern/lib/hash.h>
#include <tern/lib/string.h>

enum action { ACTION_OFF, ACTION_FAIL, ACTION_DROP_EVERY, ACTION_FAIL_AFTER, ACTION_RATE,
	ACTION_DELAY_MS, ACTION_COUNT };

#define RATE_WHOLE	1000
#define DELAY_MS_MAX	60000
#define NUMBER_BITS	56
#define OOM_EXEMPT	(-1000)

static const struct {
	const char *name;
	u64 min, max;	/* of the number; max 0: written without one */
} actions[ACTION_COUNT] = {
	[ACTION_OFF] = { "off", 0, 0 },
	[ACTION_FAIL] = { "fail", 0, 0 },
	[ACTION_DROP_EVERY] = { "drop-every", 1, U32_MAX },
	[ACTION_FAIL_AFTER] = { "fail-after", 0, U32_MAX },
	[ACTION_RATE] = { "rate", 0, RATE_WHOLE },
	[ACTION_DELAY_MS] = { "delay-ms", 0, DELAY_MS_MAX },
};

static const struct {
	const char *location;
	int err;
} points[FAULT_POINTS] = {
#include <generated/fault_points.inc>
};
static_assert(FAULT_POINTS <= 64, "one word says which places have rules");

struct rule {
	u64 word;		/* A: action << NUMBER_BITS | number */
	atomic64 passed, failed;
};

u64 fault_armed;
static struct rule rules[FAULT_POINTS];
static struct spin rules_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects changes of rules */

static bool is_exempt(void)
{
	const struct thread *t = thread_self();
	const struct process *p;

	if (in_interrupt() || !t || (t->t_flags & TF_KTHREAD))
		return false;
	p = t->t_proc;
	return p && ((p->p_flags & PROC_INIT) || READ_ONCE(p->p_oom_score_adj) <= OOM_EXEMPT);
}

static void delay(u64 ms)
{
	if (!in_atomic() && irq_is_enabled() && !(thread_self()->t_flags & TF_IDLE))
		sched_sleep_until(clock_ns() + ms * NSEC_PER_MSEC);
}

int fault_decide(enum fault_point p)
{
	struct rule *r = &rules[p];
	u64 word = READ_ONCE(r->word), n = word & ((1UL << NUMBER_BITS) - 1), pass;
	bool does_fail = false;

	if (is_exempt())
		return 0;
	pass = atomic_add_return(&r->passed, 1);
	switch ((enum action)(word >> NUMBER_BITS)) {
	case ACTION_FAIL:
		does_fail = true;
		break;
	case ACTION_DROP_EVERY:
		does_fail = pass % n == 0;
		break;
	case ACTION_FAIL_AFTER:
		does_fail = pass > n;
		break;
	case ACTION_RATE:
		does_fail = hash_combine(p, pass) % RATE_WHOLE < n;
		break;
	case ACTION_DELAY_MS:
		delay(n);
		break;
	default:
		break;
	}
	if (!does_fail)
		return 0;
	atomic_inc(&r->failed);
	return points[p].err;
}

/* ---- rules from text ---- */

static bool word_is(const char *s, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(s, name, n);
}

static int find_point(const char *s, size_t n)
{
	for (int i = 0; i < FAULT_POINTS; i++)
		if (word_is(s, n, points[i].location))
			return i;
	return -ENOENT;
}

/* "action" or "action:number" of @n bytes into a rule's word. */
static int parse_action(const char *s, size_t n, u64 *word)
{
	const char *colon = memchr(s, ':', n), *end;
	size_t name_len = colon ? (size_t)(colon - s) : n;
	u64 number = 0;

	for (u64 a = 0; a < ACTION_COUNT; a++) {
		if (!word_is(s, name_len, actions[a].name))
			continue;
		if (!colon != !actions[a].max)
			return -EINVAL;
		if (colon && (parse_u64(colon + 1, 10, &number, &end) || end != s + n ||
			      number < actions[a].min || number > actions[a].max))
			return -EINVAL;
		*word = a << NUMBER_BITS | number;
		return 0;
	}
	return -EINVAL;
}

static void rule_set(int point, u64 word)
{
	struct rule *r = &rules[point];

	spin_lock(&rules_lock);
	WRITE_ONCE(r->word, word);
	atomic_set(&r->passed, 0);
	atomic_set(&r->failed, 0);
	if (word >> NUMBER_BITS != ACTION_OFF)
		WRITE_ONCE(fault_armed, fault_armed | 1UL << point);
	else
		WRITE_ONCE(fault_armed, fault_armed & ~(1UL << point));
	spin_unlock(&rules_lock);
}

static int parse_rule(const char *s, size_t n, bool apply)
{
	const char *equals = memchr(s, '=', n);
	int point, err;
	u64 word;

	if (!equals)
		return -EINVAL;
	point = find_point(s, equals - s);
	if (point < 0)
		return point;
	err = parse_action(equals + 1, s + n - equals - 1, &word);
	if (!err && apply)
		rule_set(point, word);
	return err;
}

static int each_rule(const char *s, bool apply)
{
	int err = 0;

	while (!err && *s) {
		size_t n = strcspn(s, ", \t\r\n#");

		if (n)
			err = parse_rule(s, n, apply);
		else if (*s == '#')
			n = strcspn(s, "\n");
		else
			n = 1;
		s += n;
	}
	return err;
}

int fault_set_rules(const char *text)
{
	int err = each_rule(text, false);

	return err ? err : each_rule(text, true);
}

bool fault_get_state(u32 p, struct fault_state *out)
{
	u64 word, a;

	if (p >= FAULT_POINTS)
		return false;
	word = READ_ONCE(rules[p].word);
	a = word >> NUMBER_BITS;
	out->location = points[p].location;
	if (actions[a].max)
		fmt_print(out->action, sizeof(out->action), "%s:%lu", actions[a].name,
			  word & ((1UL << NUMBER_BITS) - 1));
	else
		strlcpy(out->action, actions[a].name, sizeof(out->action));
	out->passed = atomic_read(&rules[p].passed);
	out->failed = atomic_read(&rules[p].failed);
	return true;
}

static void rules_from_cmdline(const char *value, void *unused)
{
	int err = fault_set_rules(value);

	if (err)
		kwarn("fault=%s: error %d", value, err);
}

static int fault_init(void)
{
	cmdline_foreach("fault", rules_from_cmdline, NULL);
	return 0;
}
INITCALL(CORE, fault_init);
