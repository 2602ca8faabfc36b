/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the packet filter. Theory in nft.c. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/rcu.h>
#include <tern/lib/list.h>
#include <tern/net/filter.h>
#include <tern/net/netif.h>
#include <tern/net/netlink.h>
#include <tern/net/track.h>
#include <uapi/nftables.h>

#define NFT_NAME	256u
#define NFT_DATA_MAX	64u	/* bytes of a value, of all registers together */
#define NFT_EXPRS_MAX	128u
#define NFT_JUMPS_MAX	16u

struct nftexpr;
struct nftgen;

struct nftblob { refcount refs; u32 len; u8 data[]; };

/* What to do with a packet; @chain: handle of the chain of jumps. */
struct nftverdict { s32 code; u64 chain; };

/* Members of a set, sorted by key; never changed. */
struct nftelem { u32 flags; struct nftverdict verdict; u8 bytes[]; };
struct nftelems { refcount refs; u32 n, stride; u8 mem[] __aligned(8); };

struct nftset {
	struct list link;
	struct nfttable *table;
	char name[NFT_NAME];
	u64 handle;
	u32 id;				/* within its batch */
	u32 flags, key_type, key_len, data_type, data_len;
	struct nftblob *userdata;
	struct nftelems *elems;		/* NULL: empty */
};

struct nftrule {
	refcount refs;			/* of generations */
	u64 handle;
	struct nftblob *userdata;
	u32 n;
	struct nftexpr *exprs;
};

struct nftchain {
	struct list link, hook_link[2];	/* of the table; of the generation's hooks, IPv4 and IPv6 */
	struct nfttable *table;
	char name[NFT_NAME], type[16];
	u64 handle;
	bool is_base, is_nat;
	u8 hook, policy;
	s32 priority;
	struct nftblob *userdata;
	u32 nrules;
	struct nftrule **rules;
};

struct nfttable {
	struct list link, chains, sets;
	char name[NFT_NAME];
	u8 family;
	u32 flags;
	u64 handle;
	struct nftblob *userdata;
};

/* All there is at one time; immutable once published. */
struct nftgen {
	struct rcu_job rcu;
	u32 id;
	u64 next_handle;
	struct list tables;
	struct list hooks[2][NF_HOOKS];	/* of base chains by priority */
	struct list nats[2][NF_HOOKS];	/* the same of those that translate addresses */
	bool tracks[2], has_nats[2];	/* IPv4 and IPv6: connections are followed; are translated */
};

/* A packet on its way through the chains. */
struct nfteval {
	struct netns *ns;
	struct nftgen *gen;
	const struct nfttable *table;
	struct pktbuf *pb;
	const struct netif *in, *out;
	bool is_v6, has_transport;
	u8 hook, l4proto;
	u32 transport;			/* offset from the network header */
	struct nftverdict verdict;
	u8 regs[NFT_DATA_MAX] __aligned(4);
};

/* Parsing a rule. */
struct nftctx { struct netns *ns; struct nftgen *gen; struct nfttable *table; struct nftchain *chain; };

struct nftexprtype {
	const char *name;
	int (*parse)(const struct nftctx *c, struct nftexpr *e, const struct nlattr_head *data);
	void (*eval)(struct nftexpr *e, struct nfteval *v);
	void (*show)(struct nlpkt *p, const struct nftexpr *e, const struct nfttable *t);
	bool tracks;			/* it asks about connections */
	bool has_no_data;		/* it may come without attributes */
	/* May it stand in a chain that @base leads to; NULL: anywhere. */
	bool (*fits)(const struct nftexpr *e, const struct nftchain *base);
};

struct nftexpr {
	const struct nftexprtype *type;
	u32 sreg, dreg, op, key, off, len;
	u64 set;			/* handle */
	u64 n[4];			/* counts and rates */
	struct spin lock;		/* protects n of a limit */
	struct nftverdict verdict;
	u8 a[NFT_DATA_MAX], b[NFT_DATA_MAX];
};

/* ---- numbers in network order ---- */
static inline u32 nft_u32(const struct nlattr_head *a) { return FROM_BE32(nlattr_u32(a)); }
u64 nft_u64(const struct nlattr_head *a);
static inline void nft_put_u32(struct nlpkt *p, u16 type, u32 v) { nlpkt_put_u32(p, type, TO_BE32(v)); }
void nft_put_u64(struct nlpkt *p, u16 type, u64 v);
/** nft_text() - a name into @out; false: absent or too long. */
bool nft_text(const struct nlattr_head *a, char *out, u32 room);

/* ---- generations (nft_gen.c) ---- */
struct nftgen *nftgen_clone(const struct nftgen *old);
void nftgen_free(struct nftgen *g);
/**
 * nftgen_finish() - hooks in order, unused nameless sets dropped
 * Return: 0; -EMLINK: jumps too deep or in a ring; -EOPNOTSUPP: an expression in a chain that it does not fit.
 */
int nftgen_finish(struct nftgen *g);
struct nfttable *nft_table(struct nftgen *g, u8 family, const char *name);
struct nftchain *nft_chain(const struct nfttable *t, const char *name);
struct nftchain *nft_chain_by(const struct nfttable *t, u64 handle);
struct nftset *nft_set(const struct nfttable *t, const char *name, u32 id);
struct nftset *nft_set_by(const struct nfttable *t, u64 handle);
struct nftblob *nftblob_make(const struct nlattr_head *a);
void nftblob_put(struct nftblob *b);
void nftrule_put(struct nftrule *r);
void nftchain_free(struct nftchain *c);
void nftset_free(struct nftset *s);
void nfttable_free(struct nfttable *t);
/** nft_is_used() - does a rule of the table name this chain or set. */
bool nft_is_used(const struct nfttable *t, u64 chain, u64 set);

/* ---- expressions (nft_expr.c, nft_match.c) ---- */
/** nftrule_parse() - expressions of NFTA_RULE_EXPRESSIONS; 0 or -errno. */
int nftrule_parse(const struct nftctx *c, const struct nlattr_head *list, struct nftrule *r);
void nftrule_show(struct nlpkt *p, const struct nftrule *r, const struct nfttable *t);
int nft_read_verdict(const struct nfttable *t, const struct nlattr_head *a, struct nftverdict *v);
void nft_put_verdict(struct nlpkt *p, u16 type, const struct nftverdict *v, const struct nfttable *t);
/** nft_reg() - offset of a register with room for @len bytes; -EINVAL. */
int nft_reg(u32 reg, u32 len);
extern const struct nftexprtype nft_payload, nft_meta, nft_cmp, nft_range, nft_bitwise, nft_byteorder, nft_immediate,
	nft_lookup, nft_counter, nft_limit, nft_log, nft_reject, nft_ct, nft_notrack, nft_nat, nft_masq, nft_redir;

/* ---- sets (nft_set.c) ---- */
/** nftset_find() - member that a key belongs to, NULL: none. */
const struct nftelem *nftset_find(const struct nftset *s, const u8 *key);
/** nftset_get() - member that the key of an NFTA_LIST_ELEM belongs to; NULL: none. */
const struct nftelem *nftset_get(const struct nftset *s, const struct nlattr_head *elem);
/** nftset_change() - add or delete NFTA_SET_ELEM_LIST_ELEMENTS; 0 or -errno. */
int nftset_change(struct nftset *s, const struct nlattr_head *list, bool is_new, bool is_excl);
static inline const struct nftelem *nftelem_at(const struct nftelems *e, u32 i)
{
	return (const void *)(e->mem + (size_t)i * e->stride);
}
void nftelems_put(struct nftelems *e);
void nftelem_show(struct nlpkt *p, const struct nftset *s, const struct nftelem *e);

/* ---- requests (nft_netlink.c) ---- */
/** nft_change() - one request of a batch, done to @g; config_lock held. 0 or -errno. */
int nft_change(struct nlreq *r, struct nftgen *g, u8 msg);
/** nft_get() - requests that change nothing. */
int nft_get(struct nlreq *r);
