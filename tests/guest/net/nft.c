// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf_tables: batches, chains on hooks, rules that load, compare, look up and decide.
 * guest-modules: nf_tables, nft_reject_inet, nft_ct, nft_chain_nat, nft_redir, dummy, veth
 */
#include "tap.h"
#include "nft.h"

/* ---- packets ---- */

/* Does a word to ourselves arrive; errno of the sender in *err. */
static int arrives(int family, int port, int *err)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
	socklen_t n = family == AF_INET ? sizeof(a4) : sizeof(a6);
	struct timeval tv = { 0, 200000 };
	int r = socket(family, SOCK_DGRAM, 0), s = socket(family, SOCK_DGRAM, 0), ok;
	char c;

	NEED(bind(r, a, n) == 0 && connect(s, a, n) == 0);
	NEED(setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	NEED(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	*err = send(s, "x", 1, 0) == 1 ? 0 : errno;
	ok = recv(r, &c, 1, 0) == 1;
	if (!ok && !*err && recv(s, &c, 1, 0) < 0 && errno != EAGAIN)
		*err = errno;
	close(r);
	close(s);
	return ok;
}

CASE(a_rule_drops_by_port)
{
	struct nlattr *e;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
	e = rule("t", "in");
	udp_port(5001);
	verdict(NF_DROP, NULL);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(!arrives(AF_INET, 5001, &err));
	CHECK(!arrives(AF_INET6, 5001, &err));
	CHECK(arrives(AF_INET, 5002, &err));
	CHECK(arrives(AF_INET6, 5002, &err));
	begin();
	nft(NFT_MSG_DELTABLE, 0, NFPROTO_UNSPEC);
	CHECK_EQ(commit(), 0);
	CHECK(arrives(AF_INET, 5001, &err));
}

CASE(what_the_output_drops_the_sender_is_told)
{
	struct nlattr *e;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "out", NF_INET_LOCAL_OUT, NF_ACCEPT);
	e = rule("t", "out");
	udp_port(5001);
	verdict(NF_DROP, NULL);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(!arrives(AF_INET, 5001, &err));
	CHECK_EQ(err, EPERM);
}

CASE(a_batch_with_a_mistake_changes_nothing)
{
	struct nlattr *e;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "in", NF_INET_LOCAL_IN, NF_DROP);
	e = rule("t", "nowhere");
	verdict(NF_DROP, NULL);
	close_nest(e);
	CHECK_EQ(commit(), ENOENT);
	CHECK(arrives(AF_INET, 5001, &err));
	begin();
	nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	str(NFTA_TABLE_NAME, "t");
	CHECK_EQ(commit(), 0);
	begin();
	nft(NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, NFPROTO_INET);
	str(NFTA_TABLE_NAME, "t");
	CHECK_EQ(commit(), EEXIST);
}

CASE(policies_jumps_and_returns)
{
	struct nlattr *e;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "a", -1, 0);
	chain("t", "b", -1, 0);
	chain("t", "in", NF_INET_LOCAL_IN, NF_DROP);
	e = rule("t", "a");
	udp_port(5001);
	verdict(NFT_JUMP, "b");
	close_nest(e);
	e = rule("t", "a");
	udp_port(5002);
	verdict(NF_ACCEPT, NULL);
	close_nest(e);
	e = rule("t", "b");
	verdict(NF_ACCEPT, NULL);
	close_nest(e);
	e = rule("t", "in");
	udp_port(5003);
	verdict(NFT_RETURN, NULL);
	close_nest(e);
	e = rule("t", "in");
	verdict(NFT_JUMP, "a");
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(arrives(AF_INET, 5001, &err));
	CHECK(arrives(AF_INET, 5002, &err));
	CHECK(!arrives(AF_INET, 5003, &err));
	CHECK(!arrives(AF_INET, 5004, &err));
	/* a ring of jumps is refused */
	begin();
	e = rule("t", "b");
	verdict(NFT_JUMP, "a");
	close_nest(e);
	err = commit();
	CHECK(err == ELOOP || err == EMLINK);
	CHECK(arrives(AF_INET, 5001, &err));
	/* a chain in use stays */
	begin();
	nft(NFT_MSG_DELCHAIN, 0, NFPROTO_INET);
	str(NFTA_CHAIN_TABLE, "t");
	str(NFTA_CHAIN_NAME, "a");
	CHECK_EQ(commit(), EBUSY);
}

/* Members of "ports", which is a set of services. */
static void elements(int what, const uint16_t *ports, int n)
{
	struct nlattr *all, *one, *key;

	nft(what, NLM_F_CREATE, NFPROTO_INET);
	str(NFTA_SET_ELEM_LIST_TABLE, "t");
	str(NFTA_SET_ELEM_LIST_SET, "ports");
	all = nest(NFTA_SET_ELEM_LIST_ELEMENTS);
	for (int i = 0; i < n; i++) {
		uint16_t p = htons(ports[i]);

		one = nest(NFTA_LIST_ELEM);
		key = nest(NFTA_SET_ELEM_KEY);
		bytes(NFTA_DATA_VALUE, &p, 2);
		close_nest(key);
		close_nest(one);
	}
	close_nest(all);
}

CASE(sets_change_without_their_rules)
{
	uint16_t first[] = { 5001, 5005, 5003 }, second[] = { 5002 };
	uint8_t udp = IPPROTO_UDP;
	struct nlattr *e, *d;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	nft(NFT_MSG_NEWSET, NLM_F_CREATE, NFPROTO_INET);
	str(NFTA_SET_TABLE, "t");
	str(NFTA_SET_NAME, "ports");
	be(NFTA_SET_KEY_TYPE, 13);
	be(NFTA_SET_KEY_LEN, 2);
	be(NFTA_SET_ID, 1);
	elements(NFT_MSG_NEWSETELEM, first, 3);
	chain("t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
	e = rule("t", "in");
	meta(NFT_META_L4PROTO);
	cmp(NFT_CMP_EQ, &udp, 1);
	payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	d = expr("lookup");
	str(NFTA_LOOKUP_SET, "ports");
	be(NFTA_LOOKUP_SREG, NFT_REG_1);
	expr_end(d);
	verdict(NF_DROP, NULL);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(!arrives(AF_INET, 5001, &err));
	CHECK(arrives(AF_INET, 5002, &err));
	CHECK(!arrives(AF_INET, 5003, &err));
	begin();
	elements(NFT_MSG_NEWSETELEM, second, 1);
	elements(NFT_MSG_DELSETELEM, first, 1);
	CHECK_EQ(commit(), 0);
	CHECK(arrives(AF_INET, 5001, &err));
	CHECK(!arrives(AF_INET, 5002, &err));
	begin();
	elements(NFT_MSG_DELSETELEM, first, 1);
	CHECK_EQ(commit(), ENOENT);
	begin();
	nft(NFT_MSG_DELSET, 0, NFPROTO_INET);
	str(NFTA_SET_TABLE, "t");
	str(NFTA_SET_NAME, "ports");
	CHECK_EQ(commit(), EBUSY);
}

CASE(rejects_are_heard)
{
	struct nlattr *e, *d;
	uint8_t code = NFT_REJECT_ICMPX_PORT_UNREACH;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
	e = rule("t", "in");
	udp_port(5001);
	d = expr("reject");
	be(NFTA_REJECT_TYPE, NFT_REJECT_ICMPX_UNREACH);
	bytes(NFTA_REJECT_ICMP_CODE, &code, 1);
	expr_end(d);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(!arrives(AF_INET, 5001, &err));
	CHECK_EQ(err, ECONNREFUSED);
	CHECK(!arrives(AF_INET6, 5001, &err));
	CHECK_EQ(err, ECONNREFUSED);
}

CASE(what_does_not_exist_is_refused)
{
	struct nlattr *e, *d;
	int old;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "in", NF_INET_LOCAL_IN, NF_ACCEPT);
	e = rule("t", "in");
	d = expr("no-such-thing");
	expr_end(d);
	close_nest(e);
	CHECK_EQ(commit(), ENOENT);
	begin();
	nft(NFT_MSG_DELTABLE, 0, NFPROTO_INET);
	str(NFTA_TABLE_NAME, "t");
	CHECK_EQ(commit(), ENOENT);
}


/* ---- connections ---- */

/* Is the connection's state one of these bits. */
static void ct_state(uint32_t bits)
{
	uint32_t zero = 0;
	struct nlattr *d = expr("ct"), *x;

	be(NFTA_CT_DREG, NFT_REG_1);
	be(NFTA_CT_KEY, NFT_CT_STATE);
	expr_end(d);
	d = expr("bitwise");
	be(NFTA_BITWISE_SREG, NFT_REG_1);
	be(NFTA_BITWISE_DREG, NFT_REG_1);
	be(NFTA_BITWISE_LEN, 4);
	x = nest(NFTA_BITWISE_MASK);
	bytes(NFTA_DATA_VALUE, &bits, 4);
	close_nest(x);
	x = nest(NFTA_BITWISE_XOR);
	bytes(NFTA_DATA_VALUE, &zero, 4);
	close_nest(x);
	expr_end(d);
	cmp(NFT_CMP_NEQ, &zero, 4);
}

/* Does a socket that sends to @port reach the one on @bound, and hear its answer as from @port. */
static int asks_and_hears(int bound, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)bound),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0), ok = 0;
	struct timeval tv = { 0, 200000 };
	socklen_t n = sizeof(from);
	char c = 0;

	NEED(bind(r, (void *)&a, sizeof(a)) == 0);
	a.sin_port = htons((uint16_t)port);
	NEED(connect(s, (void *)&a, sizeof(a)) == 0);
	setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (send(s, "x", 1, 0) == 1 && recvfrom(r, &c, 1, 0, (void *)&from, &n) == 1 &&
	    sendto(r, "y", 1, 0, (void *)&from, n) == 1)
		ok = recv(s, &c, 1, 0) == 1 && c == 'y';
	close(r);
	close(s);
	return ok;
}

CASE(answers_pass_where_questions_do_not)
{
	struct nlattr *e;
	int old, err;

	new_ns(&old);
	begin();
	table("t");
	chain("t", "in", NF_INET_LOCAL_IN, NF_DROP);
	e = rule("t", "in");
	ct_state(NF_CT_STATE_BIT(IP_CT_ESTABLISHED));
	verdict(NF_ACCEPT, NULL);
	close_nest(e);
	e = rule("t", "in");
	udp_port(5001);
	ct_state(NF_CT_STATE_BIT(IP_CT_NEW));
	verdict(NF_ACCEPT, NULL);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(asks_and_hears(5001, 5001));
	CHECK(!asks_and_hears(5002, 5002));
	CHECK(!arrives(AF_INET6, 5002, &err));
}

CASE(a_redirected_question_is_answered_from_where_it_went)
{
	uint16_t to = htons(5011);
	struct nlattr *e, *d, *x;
	int old;

	new_ns(&old);
	begin();
	table("t");
	chain_of("t", "out", "nat", NF_INET_LOCAL_OUT, -100, NF_ACCEPT);
	e = rule("t", "out");
	udp_port(5010);
	d = expr("immediate");
	be(NFTA_IMMEDIATE_DREG, NFT_REG_1);
	x = nest(NFTA_IMMEDIATE_DATA);
	bytes(NFTA_DATA_VALUE, &to, 2);
	close_nest(x);
	expr_end(d);
	d = expr("redir");
	be(NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
	expr_end(d);
	close_nest(e);
	CHECK_EQ(commit(), 0);
	CHECK(asks_and_hears(5011, 5010));
	CHECK(asks_and_hears(5012, 5012));
	begin();
	chain_of("t", "forward", "nat", NF_INET_FORWARD, 0, NF_ACCEPT);
	CHECK_EQ(commit(), EOPNOTSUPP);
}

TAP_MAIN
