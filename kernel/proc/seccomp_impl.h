/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters of system calls: what seccomp.c and secnotify.c share.
 *
 * A filter has two counts. `users` counts threads and newer filters that judge
 * by it; with the last of them it lets go of the older filter. `refs` counts who
 * may still look at its memory: all users together are one, the open listener
 * another.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/spin.h>
#include <tern/base/waitq.h>
#include <tern/kernel/seccomp.h>
#include <tern/lib/cbpf.h>
#include <tern/lib/list.h>
#include <uapi/seccomp.h>

#define SECCACHED_CALLS	512u

struct seclistener {
	struct spin lock;	/* protects all but readers; LOCKRANK_KLIST */
	bool is_open;		/* somebody may answer */
	bool waits_killable;	/* I only deadly signals end the wait for a received one */
	u32 requests;		/* what was asked and no receive has claimed */
	u64 next_id;
	struct list notifs;	/* of struct secnotif, oldest first */
	struct waitq readers;	/* receive and poll */
};

struct secfilter {
	refcount users, refs;
	struct secfilter *prev;		/* I older one, with a use */
	struct seclistener *listener;	/* I owned; NULL: none was asked for */
	bool logs;			/* I verdicts other than "allow" are logged */
	u32 depth;			/* I filters in the chain from here */
	u32 cost;			/* I instructions in the chain */
	u64 allowed[SECCACHED_CALLS / 64];	/* I calls that the whole chain always allows */
	u32 n;
	struct cbpf_insn insns[];
};

/** secfilter_unref() - drop one of refs; the last frees. Context: any. */
void secfilter_unref(struct secfilter *sf);

/* ---- secnotify.c ---- */
/** seclistener_create() - for a new filter; NULL if no memory. */
struct seclistener *seclistener_create(bool waits_killable);
/** seclistener_alone() - nobody judges by the filter any more: who polls is told. Context: any. */
void seclistener_alone(struct seclistener *l);
/**
 * seclistener_ask() - wait until the listener has answered about a call of thread_self
 * @result: out, what the call returns
 * Return: true: the call is to be carried out.
 */
bool seclistener_ask(const struct secfilter *sf, const struct seccomp_data *sd, s64 *result);
