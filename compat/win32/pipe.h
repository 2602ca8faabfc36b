/* SPDX-License-Identifier: GPL-2.0-only */
/* Named pipes. Owners io/pipe.c, pipename.c, pipectl.c. */
#pragma once

#include "file.h"

/* What programs can ask of a pipe. */
struct nt_pipe_state {
	u32 type, read_mode, nonblocking, config, instances, max_instances, in_quota, out_quota,
	    available, state, end;
};

/** nt_pipe_open() - the client's end of \??\pipe\NAME. */
ntstatus nt_pipe_open(const u16 *name, u32 len, u32 access, u32 options, struct nt_file **out);
/** nt_pipe_close() - last reference of an end. */
void nt_pipe_close(struct nt_file *f);
/** nt_pipe_rw() - complete, or STATUS_PENDING; consumes the request. */
ntstatus nt_pipe_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write);
ntstatus nt_pipe_query(struct nt_file *f, struct nt_pipe_state *out);
ntstatus nt_pipe_set_mode(struct nt_file *f, u32 read_mode, u32 nonblocking);
/** nt_pipe_control() - FSCTL_PIPE_*; consumes the request. */
ntstatus nt_pipe_control(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
			 void __user *out, u32 out_len);
/** nt_pipe_cancel() - operations under way on @f, of @iosb only if not NULL; how many. */
u32 nt_pipe_cancel(struct nt_file *f, const struct nt_io_status __user *iosb);

/* FSCTL_PIPE_* */
enum { PIPE_LISTEN = 0x110008, PIPE_PEEK = 0x11400c, PIPE_WAIT = 0x110018, PIPE_DISCONNECT = 0x110004,
	PIPE_TRANSCEIVE = 0x11c017 };

/* States as programs see them. */
#define STATE_DISCONNECTED 1u
#define STATE_LISTENING	2u
#define STATE_CONNECTED	3u
#define STATE_CLOSING	4u

/** nt_pipe_flush() - wait until the other end has read all; 0 or -ERESTARTSYS. */
int nt_pipe_flush(struct nt_file *f);

/* FSCTL_PIPE_PEEK; the data follows. */
struct nt_pipe_peek { u32 state, available, messages, message_len; };
/** nt_pipe_peek_linux() - of a file that is a Linux pipe; *used: bytes written. */
ntstatus nt_pipe_peek_linux(struct nt_file *f, struct nt_pipe_peek __user *out, u32 room, u64 *used);
