/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86: extended state of threads. */
#pragma once

#include <tern/base/types.h>

struct thread;

/** fpu_switch_out() / fpu_switch_in() - around a thread switch, interrupts off. */
void fpu_switch_out(struct thread *t);
void fpu_switch_in(struct thread *t);
/** fpu_reload() - put the thread's state into the registers; clears WORK_FPU. Interrupts off. */
void fpu_reload(struct thread *t);
/** fpu_changed() - the area of @t was rewritten: registers must be reloaded. */
void fpu_changed(struct thread *t);
/** fpu_alloc() - an area in the initial state; NULL if no memory. Sleeps. */
void *fpu_alloc(void);
void fpu_free(void *area);
/** fpu_reset() - initial state for thread @t, which has an area. */
void fpu_reset(struct thread *t);
/** fpu_copy() - child's area from thread_self's. */
void fpu_copy(void *area);
/** fpu_validate() - make an area from outside loadable; false if it never is. */
bool fpu_validate(void *area, bool has_header);
