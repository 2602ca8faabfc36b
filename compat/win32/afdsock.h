/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of AFD share: io/afd.c transfers, io/afdctl.c the rest. */
#pragma once

#include "afd.h"

#include <tern/fs/pollwatch.h>
#include <tern/kernel/irq.h>
#include <tern/net/netsock.h>

#define AFD_POLL	0x12024u

struct afd {
	struct nt_file *file;		/* I borrowed: it owns this */
	struct kmutex lock;
	struct list ops;		/* lock: pending operations */
	struct pollwatch watch;
	struct workitem work;
	bool is_armed, is_closing;	/* lock */
	struct ofile *retired;		/* A what it was before AcceptEx: kept, as others may be using it */
	bool nonblocking;		/* FIONBIO */
	s32 family, type, protocol;	/* as the program asked */
	struct nt_event *event;		/* lock: WSAEventSelect's, with a reference, or NULL */
	u32 mask, told;			/* lock: AFD_EV_* wanted, set in the event already */
};

void afd_addr_in(struct sockaddr_any *a);
void afd_addr_out(struct sockaddr_any *a);
struct netsock *afd_sock(struct nt_file *f);
/** afd_file_make() - file object of a socket; NULL: no memory. */
struct nt_file *afd_file_make(struct ofile *of, u32 access, u32 options);
/** afd_become() - @f is the connection @of (consumed) from now on; false: it was one before. */
bool afd_become(struct nt_file *f, struct ofile *of);
void afd_work(struct workitem *w);
void afd_fired(struct pollwatch *w);
/** afd_unwatch() - no watch is armed on return; lock held. */
void afd_unwatch(struct afd *a);
/** afd_rearm() - look at operations and events anew. */
void afd_rearm(struct afd *a);
/** afd_select_check() - set the selected event if something is new; POLL* to watch for. Lock held. */
u32 afd_select_check(struct afd *a);
/** afd_control() - requests that complete at once. */
ntstatus afd_control(struct nt_file *f, u32 code, const void __user *in, u32 in_len, void __user *out,
		     u32 out_len, u64 *used);
/** afd_poll() - select and WSAPoll; consumes the request. */
ntstatus afd_poll(struct nt_request *r, const void __user *in, u32 in_len, void __user *out, u32 out_len);
