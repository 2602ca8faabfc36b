/* SPDX-License-Identifier: GPL-2.0-only */
/* Time namespaces. Owner kernel/ns/timens.c. */
#pragma once

#include <tern/kernel/clock.h>
#include <tern/kernel/ns.h>

struct aspace;
struct seqbuf;

struct timens {
	struct nsbase base;
	s64 mono_ns, boot_ns;	/* what its clocks show more than the machine's; constant once frozen */
	bool is_frozen;		/* a process has been in it */
};

extern struct timens timens_initial;

/** timens_create() - with the offsets of @from; NULL if no memory. */
struct timens *timens_create(struct timens *from, struct userns *owner);
/** timens_enter() - who uses @as lives in it from now on: its offsets are final. Sleeps. */
void timens_enter(struct timens *n, struct aspace *as);
/** timens_hides_clock() - thread_self cannot read clocks without a system call. */
bool timens_hides_clock(void);
/** timens_offset() - what clock @clock shows thread_self more than the machine's, ns. */
s64 timens_offset(s32 clock);
/** timens_to_machine() - an absolute time of thread_self's clock as the machine's; 0 stays. */
u64 timens_to_machine(s32 clock, u64 ns);
void timens_print_offsets(struct seqbuf *sb, const struct timens *n);
/** timens_write_offsets() - lines "CLOCK SEC NSEC"; 0, -EINVAL, -ERANGE, -EPERM, -EACCES: in use. Sleeps. */
int timens_write_offsets(struct timens *n, char *text, const struct credset *opener);
