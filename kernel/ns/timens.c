// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time namespaces: CLOCK_MONOTONIC and CLOCK_BOOTTIME of their members show other values than the
 * machine's by a constant each, so that they go on where they were after a move from elsewhere.
 *
 * unshare(CLONE_NEWTIME) makes one for the next children; until the first process enters it
 * its offsets can be set (/proc/PID/timens_offsets), afterwards never again. Times that
 * programs give are made the machine's where they are decoded, times that they
 * get are made theirs where they are copied out; nothing between knows of it.
 *
 * The vDSO reads the machine's clocks: in a namespace with offsets its page says that only the
 * system call knows (arch_vdso_hide_clock()).
 */
#include "ns_impl.h"

#include <tern/base/lock.h>
#include <tern/kernel/loader.h>
#include <tern/kernel/timens.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <uapi/time.h>

#define SEC_MAX		(S64_MAX / (s64)NSEC_PER_SEC / 2)

struct timens timens_initial = {
	.base = NSBASE_INIT(NSKIND_TIME, NSINUM_TIME),
	.is_frozen = true,
};
/* protects offsets while they can be set */
static struct kmutex offsets_lock = KMUTEX_INIT(offsets_lock, LOCKRANK_NONE);

static void timens_destroy(struct nsbase *b)
{
	kmem_free(container_of(b, struct timens, base));
}

struct timens *timens_create(struct timens *from, struct userns *owner)
{
	struct timens *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	nsbase_init(&n->base, NSKIND_TIME, owner, timens_destroy);
	n->mono_ns = READ_ONCE(from->mono_ns);
	n->boot_ns = READ_ONCE(from->boot_ns);
	return n;
}

static bool has_offsets(const struct timens *n)
{
	return READ_ONCE(n->mono_ns) || READ_ONCE(n->boot_ns);
}

void timens_enter(struct timens *n, struct aspace *as)
{
	kmutex_lock(&offsets_lock);
	n->is_frozen = true;
	kmutex_unlock(&offsets_lock);
	if (as && as->is_clock_hidden != has_offsets(n))
		arch_vdso_hide_clock(as, has_offsets(n));
}

bool timens_hides_clock(void)
{
	return has_offsets(nsset_self()->time);
}

s64 timens_offset(s32 clock)
{
	const struct timens *n = nsset_self()->time;

	switch (clock) {
	case CLOCK_MONOTONIC_:
	case CLOCK_MONOTONIC_RAW_:
	case CLOCK_MONOTONIC_COARSE_:
		return n->mono_ns;
	case CLOCK_BOOTTIME_:
	case CLOCK_BOOTTIME_ALARM_:
		return n->boot_ns;
	default:
		return 0;
	}
}

u64 timens_to_machine(s32 clock, u64 ns)
{
	s64 offset = timens_offset(clock), t;

	if (likely(!offset) || !ns)
		return ns;
	/* Before the machine's time began is long ago; 0 would mean none. */
	if (__builtin_sub_overflow((s64)ns, offset, &t))
		return S64_MAX;
	return (u64)max_t(s64, t, 1);
}

/* ---- /proc/PID/timens_offsets ---- */

static void print_offset(struct seqbuf *sb, const char *name, s64 ns)
{
	struct timespec64_ t = ns_to_timespec(ns);

	seqbuf_printf(sb, "%-10s %10ld %9ld\n", name, t.sec, t.nsec);
}

void timens_print_offsets(struct seqbuf *sb, const struct timens *n)
{
	print_offset(sb, "monotonic", READ_ONCE(n->mono_ns));
	print_offset(sb, "boottime", READ_ONCE(n->boot_ns));
}

/* "CLOCK SECONDS NANOSECONDS" */
static int parse_offset(char *line, s32 *clock, s64 *ns)
{
	char *name = strsep(&line, " "), *word;
	s64 v[2];

	for (u32 i = 0; i < 2; i++) {
		do {
			word = line ? strsep(&line, " ") : NULL;
		} while (word && !*word);
		if (!word || parse_s64(word, 10, &v[i], NULL))
			return -EINVAL;
	}
	if (line && *str_trim(line))
		return -EINVAL;
	if (!strcmp(name, "monotonic") || !strcmp(name, "1"))
		*clock = CLOCK_MONOTONIC_;
	else if (!strcmp(name, "boottime") || !strcmp(name, "7"))
		*clock = CLOCK_BOOTTIME_;
	else
		return -EINVAL;
	if (v[1] < 0 || v[1] >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	if (v[0] > SEC_MAX || v[0] < -SEC_MAX)
		return -ERANGE;
	*ns = v[0] * (s64)NSEC_PER_SEC + v[1];
	return 0;
}

/* The clock must show something between 0 and half of what it can. */
static int check_offset(s32 clock, s64 ns)
{
	s64 now = (s64)(clock == CLOCK_MONOTONIC_ ? clock_ns() : clock_boot_ns());

	return now + ns < 0 || now + ns > SEC_MAX * (s64)NSEC_PER_SEC ? -ERANGE : 0;
}

static int set_offsets(struct timens *n, const s32 *clocks, const s64 *ns, u32 count)
{
	int err = 0;

	kmutex_lock(&offsets_lock);
	if (n->is_frozen)
		err = -EACCES;
	for (u32 i = 0; i < count && !err; i++)
		err = check_offset(clocks[i], ns[i]);
	for (u32 i = 0; i < count && !err; i++)
		WRITE_ONCE(*(clocks[i] == CLOCK_MONOTONIC_ ? &n->mono_ns : &n->boot_ns), ns[i]);
	kmutex_unlock(&offsets_lock);
	return err;
}

int timens_write_offsets(struct timens *n, char *text, const struct credset *opener)
{
	s32 clocks[2];
	s64 ns[2];
	u32 count = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		int err;

		if (!*line && !text && count)
			break;
		if (count == ARRAY_SIZE(clocks))
			return -EINVAL;
		err = parse_offset(line, &clocks[count], &ns[count]);
		if (err)
			return err;
		count++;
	}
	if (!cap_has_cred(opener, n->base.owner, CAP_SYS_TIME))
		return -EPERM;
	return set_offsets(n, clocks, ns, count);
}
