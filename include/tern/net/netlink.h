/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AF_NETLINK: requests from programs and news for them. Owner net/netlink.
 *
 * A message is built in a nlpkt with nlpkt_begin(), nlpkt_put(), nlpkt_end(); what does
 * not fit sets is_full and nlpkt_end() takes the unfinished message back.
 */
#pragma once

#include <tern/lib/list.h>
#include <tern/mm/slab.h>
#include <tern/net/netns.h>
#include <uapi/netlink.h>

struct nlsock;

struct nlpkt {
	struct list link;	/* receiver's queue */
	u32 len, room;		/* of data */
	u32 portid;		/* sender; 0: kernel */
	u32 group;		/* 0: to one socket */
	u32 pid, uid, gid;	/* sender's process */
	bool is_full;
	u32 msg;		/* offset of the message under construction */
	u8 data[] __aligned(8);
};
/** nlpkt_alloc() - @room bytes; NULL: no memory. Then kmem_free(). */
struct nlpkt *nlpkt_alloc(u32 room, alloc_flags flags);
/** nlpkt_begin() - a message with @n bytes of zeroed fixed part, returned; NULL: full. */
void *nlpkt_begin(struct nlpkt *p, u16 type, u16 flags, u32 portid, u32 seq, u32 n);
/** nlpkt_raw() - @n zeroed bytes without a head of their own; NULL: full. */
void *nlpkt_raw(struct nlpkt *p, u32 n);
void nlpkt_put(struct nlpkt *p, u16 type, const void *data, u32 n);
static inline void nlpkt_put_u8(struct nlpkt *p, u16 t, u8 v) { nlpkt_put(p, t, &v, sizeof(v)); }
static inline void nlpkt_put_u32(struct nlpkt *p, u16 t, u32 v) { nlpkt_put(p, t, &v, sizeof(v)); }
void nlpkt_put_str(struct nlpkt *p, u16 type, const char *s);
/** nlpkt_nest() / nlpkt_nest_end() - attributes inside of one. */
u32 nlpkt_nest(struct nlpkt *p, u16 type);
void nlpkt_nest_end(struct nlpkt *p, u32 at);
/** nlpkt_end() - the message is complete; false: it did not fit and is gone. */
bool nlpkt_end(struct nlpkt *p);

/* What a program asks. */
struct nlreq {
	struct nlsock *from;
	struct netns *ns;
	const struct nlhead *h;
	const void *data;	/* behind the header */
	u32 len;
	u32 portid;
};
/**
 * nlreq_fixed() - the fixed part of @n bytes; if it is shorter, the rest is zero in @store.
 */
const void *nlreq_fixed(const struct nlreq *r, void *store, u32 n);
/**
 * nlreq_attrs() - attributes behind @n bytes into @tb[0 .. @max]: pointers to their heads or NULL.
 * 0, -EINVAL malformed.
 */
int nlreq_attrs(const struct nlreq *r, u32 n, const struct nlattr_head **tb, u32 max);
int nlattrs_read(const void *data, u32 len, const struct nlattr_head **tb, u32 max);
static inline const void *nlattr_data(const struct nlattr_head *a) { return a + 1; }
static inline u32 nlattr_len(const struct nlattr_head *a) { return a->len - (u32)sizeof(*a); }
/** nlattrs_in() - the attributes that @a consists of, as nlattrs_read(). */
static inline int nlattrs_in(const struct nlattr_head *a, const struct nlattr_head **tb, u32 max)
{
	return nlattrs_read(nlattr_data(a), nlattr_len(a), tb, max);
}
u32 nlattr_u32(const struct nlattr_head *a);
/** nlreq_reply() - to the one who asks; consumes. */
int nlreq_reply(const struct nlreq *r, struct nlpkt *p);

/* A list on its way to a reader, a packet at a time. */
struct nldump {
	int (*fn)(struct nldump *d, struct nlpkt *p);	/* 0: done, 1: @p is full, -errno */
	struct netns *ns;
	u32 portid, seq;
	u16 type;		/* of the request */
	bool strict;		/* the request's filters count */
	u64 arg[6];		/* @fn's; 0 to begin with */
	u32 req_len;
	u8 req[256];		/* the request behind its header */
};
/** nlreq_answer() - acknowledge @r with 0 or -errno. */
void nlreq_answer(struct nlreq *r, int err);
/** nlreq_dump() - answer with a list; 0 or -errno. */
int nlreq_dump(const struct nlreq *r, int (*fn)(struct nldump *d, struct nlpkt *p));
/* In a dump: objects are counted; one is due when its turn has come. */
static inline bool nldump_due(struct nldump *d, u64 *at) { return (*at)++ >= d->arg[0]; }

struct nlfamily {
	u16 protocol, ngroups;
	bool user_groups;	/* programs may send to groups */
	bool is_private;	/* only who administers the network may join groups */
	int (*request)(struct nlreq *r);	/* 0 or -errno */
	/* In place of request: one message a datagram, of whatever type, never acknowledged. */
	void (*message)(struct nlreq *r);
	u16 batch_type;		/* a message of this type begins a batch; 0: none does */
	/* The rest of the datagram behind @r; answers itself. */
	void (*batch)(struct nlreq *r, const void *rest, u32 len);
};
#define NLFAMILY(f) TABLE_ENTRY(nlfamily, const struct nlfamily *, nlfamily_ptr_##f) = &(f)

/* Requests of NETLINK_ROUTE by what they are about: (type - RTM_BASE) / 4, and family. */
struct rtobject {
	u16 base;		/* RTM_NEWx */
	u8 family;		/* 0: all */
	bool has_own_lock;	/* change takes config_lock itself */
	int (*change)(struct nlreq *r, bool is_new);	/* CAP_NET_ADMIN checked; config_lock held, see above */
	int (*get)(struct nlreq *r);			/* config_lock held; NULL: -EOPNOTSUPP */
	int (*dump)(struct nldump *d, struct nlpkt *p);	/* config_lock held */
};
#define RTOBJECT(o) TABLE_ENTRY(rtobject, const struct rtobject *, rtobject_ptr_##o) = &(o)

/* What a protocol family says of an interface, and lets be set, in RTM_*LINK's IFLA_AF_SPEC. config_lock held. */
struct linkaf {
	u8 family;
	void (*fill)(struct nlpkt *p, const struct netif *nif);		/* attributes of its own */
	int (*set)(struct netif *nif, const struct nlattr_head *a);	/* 0 or -errno */
};
#define LINKAF(o) TABLE_ENTRY(linkaf, const struct linkaf *, linkaf_ptr_##o) = &(o)

/* Sockets of a family for sock_diag. */
struct sockdiag {
	u8 family;
	bool (*check)(const void *req, u32 len);	/* can it be listed */
	int (*dump)(struct nldump *d, struct nlpkt *p);
};
#define SOCKDIAG(o) TABLE_ENTRY(sockdiag, const struct sockdiag *, sockdiag_ptr_##o) = &(o)

/** netlink_publish() - news to all who joined a group; consumes. Context: any but hard interrupts. */
void netlink_publish(struct netns *ns, u16 protocol, u32 group, struct nlpkt *p);
/** netlink_is_heard() - is it worth building news. */
bool netlink_is_heard(struct netns *ns, u16 protocol, u32 group);
