/* SPDX-License-Identifier: GPL-2.0-only */
/* The console: a terminal as Windows programs see it. Owner io/console.c. */
#pragma once

#include "file.h"

/** nt_console_attach() - console of thread_self's process if it has a terminal; *handle 0 if not. */
ntstatus nt_console_attach(struct nt_process *p, u64 *handle);
/** nt_console_share() - a child process is at its parent's console. */
void nt_console_share(struct nt_process *parent, struct nt_process *child);
/** nt_console_is() - is @of the terminal of the console of @p. */
bool nt_console_is(struct nt_process *p, struct ofile *of);
/** nt_console_leave() - the process ended: the terminal's settings are as they were. */
void nt_console_leave(struct nt_process *p);
/** nt_console_open() - file object for a role; STATUS_OBJECT_NAME_NOT_FOUND without a console. */
ntstatus nt_console_open(enum nt_console_role role, u32 access, u32 options, struct nt_file **out);
/** nt_console_read() - bytes of input; in line mode the end of a line is CR LF. Or -errno. */
ssize_t nt_console_read(struct nt_file *f, struct uio *u);
/** nt_console_write() - bytes to the terminal; how many, or -errno. */
ssize_t nt_console_write(struct nt_file *f, struct uio *u);
/** nt_console_watch() - before a wait for input: @f is signaled while there is some. Sleeps. */
void nt_console_watch(struct nt_file *f);
/** nt_console_close() - last reference of a file object. */
void nt_console_close(struct nt_file *f);
/** nt_console_resized() - the terminal's size changed: a record for who reads records. */
void nt_console_resized(struct nt_process *p);
/** nt_console_ioctl() - ConDrv's requests; *information: bytes written to @out. */
ntstatus nt_console_ioctl(struct nt_file *f, u32 code, const void __user *in, u32 in_len,
			  void __user *out, u32 out_len, u64 *information);

