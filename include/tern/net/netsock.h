/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets: open files over a table of protocol families. Owner net/core.
 *
 * struct netsock is embedded in a family's own socket. Life: the family's create
 * allocates it with netsock_init(); netsock_file() gives it a file, whose last close
 * calls ops->release, which drops the family's reference.
 */
#pragma once

#include <tern/base/waitq.h>
#include <tern/fs/ofile.h>
#include <tern/mm/uio.h>
#include <uapi/socket.h>

struct netsock;
struct sockmsg;
struct sockfilter;
struct map_request;

/* Whose address. An accepted socket has its peer's even if the connection has ended since. */
enum sockend { SOCKEND_OWN, SOCKEND_PEER, SOCKEND_ACCEPTED };

struct netsock_ops {
	void (*release)(struct netsock *s);
	int (*bind)(struct netsock *s, const struct sockaddr_any *a, u32 len);
	int (*connect)(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
	int (*pair)(struct netsock *a, struct netsock *b);
	int (*listen)(struct netsock *s, int backlog);
	/* A connected socket without a file yet; ERR_PTR. */
	struct netsock *(*accept)(struct netsock *s, bool may_block);
	/* 0 and *len, -ENOTCONN. */
	int (*getname)(struct netsock *s, struct sockaddr_any *a, u32 *len, enum sockend end);
	int (*shutdown)(struct netsock *s, int how);
	ssize_t (*send)(struct netsock *s, struct sockmsg *m);
	ssize_t (*recv)(struct netsock *s, struct sockmsg *m);
	u32 (*poll)(struct netsock *s, struct ofile *f, struct poll_table *pt);
	long (*ioctl)(struct netsock *s, u32 cmd, uptr arg);
	/* Levels and options that the core does not know: -ENOPROTOOPT. @val is kernel memory. */
	int (*setopt)(struct netsock *s, int level, int name, const void *val, u32 len);
	int (*getopt)(struct netsock *s, int level, int name, void *val, u32 *len);
};

struct netsock {
	const struct netsock_ops *ops;	/* I */
	u16 family, type;		/* I */
	u32 protocol;			/* I */
	u32 uid;			/* I owner's, once there is a file */
	u64 ino;			/* I 0: no file yet */
	struct ofile *file;		/* I once set; no reference; NULL: not accepted yet */
	struct waitq wait;		/* everybody who waits for anything here; keys are POLL* */
	u32 sndbuf, rcvbuf;		/* A bytes */
	bool sndbuf_locked, rcvbuf_locked;	/* A the user chose: no tuning */
	nsec_t sndtimeo, rcvtimeo;	/* A ns, 0: for ever */
	u32 rcvlowat;			/* A */
	s32 error;			/* A pending, negative errno; read once */
	bool zerocopy;			/* MSG_ZEROCOPY tells when its buffers are free */
	u64 max_pacing;			/* bytes/s; U64_MAX: as fast as possible */
	s32 soft_error;			/* what ended nothing (an ICMP error): SO_ERROR tells it too */
	u32 options;			/* A SOCKOPT_* */
	u32 priority;			/* A */
	int (*mmap)(struct netsock *s, struct map_request *req);	/* I NULL: cannot be mapped */
	bool passes_labels;		/* A SO_PASSSEC; there are no security labels to pass */
	bool takes_filter;		/* I runs sockfilter_run() on what it receives */
	struct sockfilter *filter;	/* R */
	struct linger linger;		/* A */
};

/* Flags that are only kept for families that look at them. */
#define SOCKOPT_PASSCRED	BIT(SO_PASSCRED)
#define SOCK_BUF_DEFAULT	212992u
#define SOCK_BUF_MIN		4608u
#define SOCK_RCVBUF_MIN		2304u
extern u64 sock_wmem_max, sock_rmem_max, sock_wmem_default, sock_rmem_default;

/* One message on its way in or out of a socket. */
struct sockmsg {
	struct uio *uio;
	u32 flags;			/* MSG_* of the caller */
	u32 out_flags;			/* recv: MSG_TRUNC, MSG_CTRUNC, MSG_EOR as it happened */
	struct sockaddr_any *name;	/* send: destination or NULL; recv: buffer or NULL */
	u32 name_len;			/* send: bytes; recv: out */
	const void *control;		/* send: kernel copy of control data, NULL: none */
	size_t control_len;		/* send: bytes */
	char __user *ctl_out;		/* recv: next place in the user's control buffer */
	size_t ctl_left;		/* recv: room in it */
};

/** netsock_init() - fill in the common part. */
void netsock_init(struct netsock *s, const struct netsock_ops *ops, u16 family, u16 type, u32 protocol);
/**
 * netsock_file() - an open file for @s; consumes it by release on failure.
 * ERR_PTR(-ENFILE, -ENOMEM).
 */
struct ofile *netsock_file(struct netsock *s, u32 flags);
/** netsock_count() - sockets that have a file. */
u64 netsock_count(void);
/** netsock_of() - socket behind an open file, NULL if it is none. */
struct netsock *netsock_of(const struct ofile *f);
/** sockopt_set() / sockopt_get() - setsockopt(2), getsockopt(2) with kernel memory. */
int sockopt_set(struct netsock *s, int level, int name, const void *val, u32 len);
int sockopt_get(struct netsock *s, int level, int name, void *val, u32 *len);
/** netsock_take_error() - pending error (0 or -errno), cleared. */
int netsock_take_error(struct netsock *s);
/** sockmsg_put() - one control message to the receiver; sets MSG_CTRUNC if it does not fit. */
void sockmsg_put(struct sockmsg *m, int level, int type, const void *data, size_t len);
/** sockmsg_put_room() - how many @size byte items fit in a control message now. */
u32 sockmsg_put_room(const struct sockmsg *m, size_t size);

struct netfamily {
	u16 family;
	/* A new socket, or ERR_PTR(-ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM, -EPERM). */
	struct netsock *(*create)(int type, int protocol);
};
/** PROTOCOL(object) - a family, known from link time. */
#define PROTOCOL(f) TABLE_ENTRY(protocol, const struct netfamily *, protocol_ptr_##f) = &(f)

/* Ready-made slots. */
int netsock_no_bind(struct netsock *s, const struct sockaddr_any *a, u32 len);
int netsock_no_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block);
int netsock_no_pair(struct netsock *a, struct netsock *b);
int netsock_no_listen(struct netsock *s, int backlog);
struct netsock *netsock_no_accept(struct netsock *s, bool may_block);
int netsock_no_setopt(struct netsock *s, int level, int name, const void *val, u32 len);
int netsock_no_getopt(struct netsock *s, int level, int name, void *val, u32 *len);
