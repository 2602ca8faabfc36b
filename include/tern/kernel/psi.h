/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pressure stalls: how much of the time threads wait for a CPU, for I/O or for
 * memory. Owner kernel/sched/psi.c; files /proc/pressure/... and
 * RESOURCE.pressure of control groups.
 */
#pragma once

#include <tern/base/types.h>

struct credset;
struct psigroup;
struct psitrigger;
struct seqbuf;
struct waitq;

enum psires { PSIRES_IO, PSIRES_MEMORY, PSIRES_CPU, PSIRES_COUNT };

/** psi_system - the whole machine. */
extern struct psigroup psi_system;

/** psigroup_create() - for a control group. NULL if no memory. Sleeps. */
struct psigroup *psigroup_create(void);
/** psigroup_free() - no thread counts in it and it has no triggers. NULL is fine. Any context. */
void psigroup_free(struct psigroup *g);
/** psigroup_start() - its control group is there; psigroup_stop() - is removed. Sleep. */
void psigroup_start(struct psigroup *g);
void psigroup_stop(struct psigroup *g);
/** psigroup_print() - both lines of a pressure file. Sleeps. */
void psigroup_print(struct seqbuf *sb, struct psigroup *g, enum psires res);
/**
 * psitrigger_create() - from "some|full STALL_US WINDOW_US"
 * @cred: without CAP_SYS_RESOURCE windows are multiples of two seconds
 * Return: trigger, or ERR_PTR(-EINVAL, -ENOMEM). Sleeps.
 */
struct psitrigger *psitrigger_create(struct psigroup *g, enum psires res, const char *text,
				     const struct credset *cred);
/** psitrigger_free() - nobody waits on its queue any more. NULL is fine. Sleeps. */
void psitrigger_free(struct psitrigger *t);
/** psitrigger_take() - has it fired since the last call. */
bool psitrigger_take(struct psitrigger *t);
struct waitq *psitrigger_queue(struct psitrigger *t);
