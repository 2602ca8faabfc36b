/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and keyrings as processes see them go by. Owner kernel/keys. */
#pragma once

struct process;
struct thread;

/** keys_thread_fork() - the new thread @t is in the session of @self. */
void keys_thread_fork(struct thread *t, struct thread *self);
/** keys_thread_exit() - @t drops its session and thread keyrings. */
void keys_thread_exit(struct thread *t);
/** keys_process_exit() - the process drops its keyring; also at exec, with the thread's (@t not NULL). */
void keys_process_exit(struct process *p, struct thread *t);
