// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals of the terminal and of other processes as console control events: each
 * starts a thread in ntdll's control routine, which calls the program's handlers; the
 * default one ends the process. A program without a console is ended here.
 */
#include "../ps.h"

#include "../console.h"

#define EVENT_C		0u
#define EVENT_BREAK	1u
#define EVENT_CLOSE	2u

/* In the thread that takes the signal, on its way to user mode; the rest is for nt_ctrl_deliver(). */
bool nt_signal_taken(struct frame *f, int sig, const struct ksiginfo *info)
{
	struct nt_thread *self = nt_self();
	u32 event;

	switch (sig) {
	case SIGINT:
		event = EVENT_C;
		break;
	case SIGQUIT:
		event = EVENT_BREAK;
		break;
	case SIGTERM:
	case SIGHUP:
		event = EVENT_CLOSE;
		break;
	case SIGWINCH:
		nt_console_resized(self->proc);
		return true;
	default:
		return true;
	}
	__atomic_fetch_or(&self->pending_ctrl, 1u << event, __ATOMIC_SEQ_CST);
	thread_work_set(self->thread, WORK_PERSONA);
	return true;
}

static ntstatus default_end(u32 event)
{
	return event == EVENT_CLOSE ? 128 + SIGTERM : STATUS_CONTROL_C_EXIT;
}

void nt_ctrl_deliver(struct nt_thread *self)
{
	u32 events = xchg(&self->pending_ctrl, 0);
	struct nt_process *p = self->proc;
	struct nt_thread *t;

	for (u32 event = 0; events >> event; event++) {
		if (!(events >> event & 1))
			continue;
		if (!p->console || nt_thread_start(p->entries.ctrl_routine, event, 0, false, &t))
			nt_process_end(default_end(event));
		thread_wake_new(t->thread);
		nt_object_put(&t->ob);
	}
}
