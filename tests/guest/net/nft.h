/* SPDX-License-Identifier: GPL-2.0-only */
/* Batches for nf_tables, built by hand. */
#pragma once

#include "nl.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* ---- a batch under construction ---- */
static char batch[16384];
static size_t used;
static struct nlmsghdr *msg;

static inline void put(int type, int flags, int family, int res)
{
	struct nfgenmsg *g;

	msg = (void *)(batch + used);
	memset(msg, 0, NLMSG_LENGTH(sizeof(*g)));
	msg->nlmsg_type = (uint16_t)type;
	msg->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	msg->nlmsg_seq = ++seq;
	msg->nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	g = NLMSG_DATA(msg);
	g->nfgen_family = (uint8_t)family;
	g->res_id = htons((uint16_t)res);
	used += msg->nlmsg_len;
}

static inline struct nlattr *bytes(int type, const void *v, size_t n)
{
	struct nlattr *a = (void *)(batch + used);

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + n);
	memset(a + 1, 0, NLA_ALIGN(n));
	if (n)
		memcpy(a + 1, v, n);
	used += NLA_ALIGN(a->nla_len);
	msg->nlmsg_len = (uint32_t)((char *)batch + used - (char *)msg);
	return a;
}
static inline void str(int type, const char *s) { bytes(type, s, strlen(s) + 1); }
static inline void be(int type, uint32_t v) { v = htonl(v); bytes(type, &v, 4); }
static inline struct nlattr *nest(int type) { return bytes(type | NLA_F_NESTED, NULL, 0); }
static inline void close_nest(struct nlattr *a) { a->nla_len = (uint16_t)(batch + used - (char *)a); }
static inline void nft(int what, int flags, int family) { put(NFNL_SUBSYS_NFTABLES << 8 | what, flags, family, 0); }

static inline void begin(void)
{
	used = 0;
	put(NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES);
}

/* Send the batch; 0 or the first errno that came back. */
static inline int commit(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), err = 0;
	struct nlmsghdr *h = (void *)buf;

	put(NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES);
	NEED(s >= 0 && bind(s, (void *)&a, sizeof(a)) == 0);
	NEED(send(s, batch, used, 0) == (ssize_t)used);
	while (!err) {
		int n = (int)recv(s, buf, sizeof(buf), MSG_DONTWAIT);

		if (n <= 0)
			break;
		for (h = (void *)buf; NLMSG_OK(h, (unsigned)n) && !err; h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == NLMSG_ERROR)
				err = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
	}
	close(s);
	return err;
}

static inline void table(const char *name)
{
	nft(NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET);
	str(NFTA_TABLE_NAME, name);
}

/* @hook negative: not on a hook. */
static inline void chain_of(const char *t, const char *name, const char *type, int hook, int priority, int policy)
{
	struct nlattr *h;

	nft(NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
	str(NFTA_CHAIN_TABLE, t);
	str(NFTA_CHAIN_NAME, name);
	if (hook < 0)
		return;
	h = nest(NFTA_CHAIN_HOOK);
	be(NFTA_HOOK_HOOKNUM, (uint32_t)hook);
	be(NFTA_HOOK_PRIORITY, (uint32_t)priority);
	close_nest(h);
	be(NFTA_CHAIN_POLICY, (uint32_t)policy);
	str(NFTA_CHAIN_TYPE, type);
}

static inline void chain(const char *t, const char *name, int hook, int policy)
{
	chain_of(t, name, "filter", hook, 0, policy);
}

static inline struct nlattr *rule(const char *t, const char *c)
{
	nft(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
	str(NFTA_RULE_TABLE, t);
	str(NFTA_RULE_CHAIN, c);
	return nest(NFTA_RULE_EXPRESSIONS);
}

static struct nlattr *expr_el;
static inline struct nlattr *expr(const char *name)
{
	expr_el = nest(NFTA_LIST_ELEM);
	str(NFTA_EXPR_NAME, name);
	return nest(NFTA_EXPR_DATA);
}
static inline void expr_end(struct nlattr *data)
{
	close_nest(data);
	close_nest(expr_el);
}

static inline void meta(uint32_t key)
{
	struct nlattr *d = expr("meta");

	be(NFTA_META_DREG, NFT_REG_1);
	be(NFTA_META_KEY, key);
	expr_end(d);
}

static inline void payload(uint32_t base, uint32_t off, uint32_t len)
{
	struct nlattr *d = expr("payload");

	be(NFTA_PAYLOAD_DREG, NFT_REG_1);
	be(NFTA_PAYLOAD_BASE, base);
	be(NFTA_PAYLOAD_OFFSET, off);
	be(NFTA_PAYLOAD_LEN, len);
	expr_end(d);
}

static inline void cmp(uint32_t op, const void *v, size_t n)
{
	struct nlattr *d = expr("cmp"), *x;

	be(NFTA_CMP_SREG, NFT_REG_1);
	be(NFTA_CMP_OP, op);
	x = nest(NFTA_CMP_DATA);
	bytes(NFTA_DATA_VALUE, v, n);
	close_nest(x);
	expr_end(d);
}

static inline void verdict(int code, const char *to)
{
	struct nlattr *d = expr("immediate"), *x, *v;

	be(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	x = nest(NFTA_IMMEDIATE_DATA);
	v = nest(NFTA_DATA_VERDICT);
	be(NFTA_VERDICT_CODE, (uint32_t)code);
	if (to)
		str(NFTA_VERDICT_CHAIN, to);
	close_nest(v);
	close_nest(x);
	expr_end(d);
}

/* "udp dport @port" */
static inline void udp_port(uint16_t port)
{
	uint8_t udp = IPPROTO_UDP;

	port = htons(port);
	meta(NFT_META_L4PROTO);
	cmp(NFT_CMP_EQ, &udp, 1);
	payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	cmp(NFT_CMP_EQ, &port, 2);
}
