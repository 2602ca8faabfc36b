/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of tun: packets (tun.c), control (tun_ctl.c). */
#pragma once

#include <tern/base/waitq.h>
#include <tern/fs/ofile.h>
#include <tern/net/linkkind.h>
#include <uapi/if_tun.h>

#define TUN_QUEUES_MAX	256u

struct tun {
	struct netif nif;		/* first */
	u32 flags;			/* links lock, read at will: IFF_TUN ... */
	uid_t owner;			/* links lock; -1: any */
	gid_t group;			/* links lock; -1: any */
	u32 nqueues, ndisabled;		/* links lock; A to read */
	struct list all;		/* links lock: of tunq */
	struct tunq *queues[TUN_QUEUES_MAX];	/* R links lock; the first nqueues */
};

/* One open file. */
struct tunq {
	struct rcu_job rcu;
	struct netns *ns;		/* I with a reference: where the file was opened */
	struct list link;		/* links lock: tun->all */
	struct tun *tun;		/* links lock to change, lock to read; with a reference */
	u32 index;			/* links lock: in tun->queues */
	bool is_enabled;		/* links lock */
	u32 vnet_size;			/* A bytes of the header of virtual packets */
	u32 want_ifindex;		/* links lock */
	u32 sndbuf;			/* A */
	struct spin lock;		/* protects rxq, nrxq, tun; bottom halves off */
	struct list rxq;		/* packets for the program */
	u32 nrxq;
	struct waitq wait;
};

extern const struct linkkind tun_kind;
extern const struct netif_ops tun_ops, tap_ops;
static inline bool netif_is_tun(const struct netif *nif) { return nif->ops == &tun_ops || nif->ops == &tap_ops; }
static inline struct tun *tun_of(struct netif *nif) { return container_of(nif, struct tun, nif); }

/** tun_create() - an interface not added yet; ERR_PTR(-ENOMEM). */
struct tun *tun_create(u32 flags, const char *name);
/** tun_enable() / tun_disable() - packets for this queue from now on, no more; links lock held. */
void tun_enable(struct tun *t, struct tunq *q);
void tun_disable(struct tun *t, struct tunq *q);
/** tunq_tun() - the interface of a queue with a reference, NULL: none. */
struct tun *tunq_tun(struct tunq *q);
ssize_t tun_read(struct ofile *f, struct uio *u, loff_t *pos);
ssize_t tun_write(struct ofile *f, struct uio *u, loff_t *pos);
u32 tun_poll(struct ofile *f, struct poll_table *pt);
long tun_ioctl(struct ofile *f, u32 cmd, uptr arg);
/** tun_release_queue() - the last close. */
void tun_release_queue(struct tunq *q);
