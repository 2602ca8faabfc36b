/* SPDX-License-Identifier: GPL-2.0-only */
/* What waiting needs to know of the kinds of objects. */
#pragma once

#include "nt.h"

/** nt_mutant_was_abandoned() - the wait that just took @o is to report it; false for other kinds. */
bool nt_mutant_was_abandoned(struct nt_object *o);
/** nt_mutants_abandon() - @t ends and owns mutants. */
void nt_mutants_abandon(struct nt_thread *t);
/** nt_object_signal_any() - set an event, post a semaphore, release a mutant. */
ntstatus nt_object_signal_any(struct nt_object *o);
/** nt_alert_check() - what ends an alertable wait: STATUS_ALERTED, STATUS_USER_APC, else STATUS_PENDING. */
ntstatus nt_alert_check(struct nt_thread *self, bool alertable);
