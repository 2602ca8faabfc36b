// SPDX-License-Identifier: GPL-2.0-only
/*
 * A router that hides those behind it: what it makes of packets, answers, errors and of nonsense.
 * guest-modules: nf_tables, nft_ct, nft_chain_nat, nft_masq, nft_nat, tun
 */
#include "tap.h"
#include "nft.h"

#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#define INSIDE		0x0a090002u	/* 10.9.0.2, behind the router's 10.9.0.1 */
#define ROUTER		0x0a090101u	/* its address outside */
#define OUTSIDE		0x0a090102u
#define ROUNDS		6000

static unsigned char pkt[2048], got[2048];
static uint32_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static int tun(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	NEED(fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0);
	return fd;
}

static uint32_t sum(const void *p, size_t n, uint32_t s)
{
	const unsigned char *b = p;

	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)b[i] << 8 | b[i + 1];
	if (n & 1)
		s += (uint32_t)b[n - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Over the packet's transport part, with what of the IP header counts. */
static uint32_t transport_sum(const unsigned char *p, size_t n)
{
	const struct iphdr *ip = (const void *)p;
	size_t len = n - ip->ihl * 4u;
	uint32_t s = ip->protocol == IPPROTO_ICMP ? 0 : sum(&ip->saddr, 8, ip->protocol + (uint32_t)len);

	return sum(p + ip->ihl * 4, len, s);
}

static size_t check_at(int protocol)
{
	return protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
}

/* A right packet of @n bytes in pkt: @kind is the protocol. */
static void build(int kind, uint32_t from, uint32_t to, uint16_t number, size_t n)
{
	struct iphdr *ip = (void *)pkt;
	unsigned char *t = pkt + sizeof(*ip);
	uint16_t s;

	for (size_t i = 0; i < n; i++)
		pkt[i] = (unsigned char)rnd(256);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 9, .protocol = (uint8_t)kind,
			      .tot_len = htons((uint16_t)n), .saddr = htonl(from), .daddr = htonl(to) };
	ip->check = htons((uint16_t)~sum(ip, sizeof(*ip), 0));
	if (kind == IPPROTO_ICMP) {
		t[0] = ICMP_ECHO;
		t[1] = 0;
		memcpy(t + 4, (uint16_t[]){ htons(number) }, 2);
	} else {
		memcpy(t, (uint16_t[]){ htons(number), htons(7) }, 4);
	}
	if (kind == IPPROTO_UDP)
		memcpy(t + 4, (uint16_t[]){ htons((uint16_t)(n - sizeof(*ip))) }, 2);
	if (kind == IPPROTO_TCP) {
		t[12] = 5 << 4;
		t[13] = TH_SYN;
	}
	memset(t + check_at(kind), 0, 2);
	s = htons((uint16_t)~transport_sum(pkt, n));
	memcpy(t + check_at(kind), &s, 2);
}

static ssize_t take(int fd)
{
	for (int i = 0; i < 50; i++) {
		ssize_t n = read(fd, got, sizeof(got));

		if (n >= 20 && got[0] >> 4 == 4)
			return n;
		if (n < 0)
			msleep(2);
	}
	return -1;
}

/* The packet in got is whole: both checksums. */
static int is_right(ssize_t n)
{
	return sum(got, 20, 0) == 0xffff && transport_sum(got, (size_t)n) == 0xffff;
}

/* An address into a register. */
static void immediate(uint32_t reg, uint32_t ip)
{
	struct nlattr *d = expr("immediate"), *x;

	ip = htonl(ip);
	be(NFTA_IMMEDIATE_DREG, reg);
	x = nest(NFTA_IMMEDIATE_DATA);
	bytes(NFTA_DATA_VALUE, &ip, 4);
	close_nest(x);
	expr_end(d);
}

static void masquerade(void) { expr_end(expr("masq")); }

static void snat_backwards(void)
{
	struct nlattr *d;

	immediate(NFT_REG_1, ROUTER + 9);
	immediate(NFT_REG_2, ROUTER + 8);
	d = expr("nat");
	be(NFTA_NAT_TYPE, NFT_NAT_SNAT);
	be(NFTA_NAT_FAMILY, NFPROTO_IPV4);
	be(NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	be(NFTA_NAT_REG_ADDR_MAX, NFT_REG_2);
	expr_end(d);
}

/* What goes out by the interface "out" is translated. */
static void router_that(void (*translates)(void), int *in, int *out)
{
	struct nlattr *e;
	int old, f;

	new_ns(&old);
	*in = tun("in");
	*out = tun("out");
	address("in", "10.9.0.1");
	address("out", "10.9.1.1");
	f = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY);
	NEED(f >= 0 && write(f, "1", 1) == 1);
	close(f);
	begin();
	table("t");
	chain_of("t", "post", "nat", NF_INET_POST_ROUTING, 100, NF_ACCEPT);
	e = rule("t", "post");
	meta(NFT_META_OIFNAME);
	cmp(NFT_CMP_EQ, "out\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	translates();
	close_nest(e);
	NEED(commit() == 0);
}

static void router(int *in, int *out) { router_that(masquerade, in, out); }

static void swap_ends(unsigned char *p)
{
	struct iphdr *ip = (void *)p;
	uint32_t a = ip->saddr;
	unsigned char port[2];

	ip->saddr = ip->daddr;
	ip->daddr = a;
	if (ip->protocol == IPPROTO_ICMP) {
		p[20] = ICMP_ECHOREPLY;
		memset(p + 22, 0, 2);
		*(uint16_t *)(p + 22) = htons((uint16_t)~sum(p + 20, ntohs(ip->tot_len) - 20u, 0));
		return;
	}
	memcpy(port, p + 20, 2);
	memmove(p + 20, p + 22, 2);
	memcpy(p + 22, port, 2);
}

/* The SYN in pkt is answered by the packet in got. */
static void syn_ack(size_t n)
{
	uint32_t isn;

	memcpy(&isn, pkt + 24, 4);
	isn = htonl(ntohl(isn) + 1);
	memcpy(got + 28, &isn, 4);
	got[33] = TH_SYN | TH_ACK;
	memset(got + 36, 0, 2);
	*(uint16_t *)(got + 36) = htons((uint16_t)~transport_sum(got, n));
}

CASE(packets_and_answers_are_rewritten)
{
	static const int kinds[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };
	int in, out;

	router(&in, &out);
	for (int i = 0; i < 60; i++) {
		int kind = kinds[i % 3];
		size_t n = 60 + rnd(900);
		struct iphdr *ip = (void *)got;
		ssize_t r;

		build(kind, INSIDE, OUTSIDE, (uint16_t)(2000 + i), n);
		NEED(write(in, pkt, n) == (ssize_t)n);
		r = take(out);
		NEED(r == (ssize_t)n);
		CHECK_EQ(ntohl(ip->saddr), ROUTER);
		CHECK(is_right(r));
		swap_ends(got);
		if (kind == IPPROTO_TCP)
			syn_ack(n);
		NEED(write(out, got, n) == (ssize_t)n);
		r = take(in);
		NEED(r == (ssize_t)n);
		CHECK_EQ(ntohl(ip->daddr), INSIDE);
		CHECK_EQ(ntohl(ip->saddr), OUTSIDE);
		CHECK(is_right(r));
	}
}

CASE(a_range_that_ends_before_it_begins_is_one_address)
{
	struct iphdr *ip = (void *)got;
	int in, out;

	router_that(snat_backwards, &in, &out);
	build(IPPROTO_UDP, INSIDE, OUTSIDE, 3000, 100);
	NEED(write(in, pkt, 100) == 100);
	NEED(take(out) == 100);
	CHECK_EQ(ntohl(ip->saddr), ROUTER + 9);
	CHECK(is_right(100));
}

CASE(an_error_names_the_packet_as_its_sender_knows_it)
{
	struct iphdr *ip = (void *)got, *quoted = (void *)(got + 28);
	unsigned char error[256];
	int in, out;
	ssize_t r;

	router(&in, &out);
	build(IPPROTO_UDP, INSIDE, OUTSIDE, 3000, 100);
	NEED(write(in, pkt, 100) == 100);
	r = take(out);
	NEED(r == 100);
	memcpy(error, got, 100);
	build(IPPROTO_ICMP, OUTSIDE, ROUTER, 0, 28 + 64);
	pkt[20] = ICMP_DEST_UNREACH;
	pkt[21] = ICMP_PORT_UNREACH;
	memset(pkt + 22, 0, 6);
	memcpy(pkt + 28, error, 64);
	*(uint16_t *)(pkt + 22) = htons((uint16_t)~sum(pkt + 20, 72, 0));
	NEED(write(out, pkt, 92) == 92);
	r = take(in);
	NEED(r == 92);
	CHECK_EQ(ntohl(ip->daddr), INSIDE);
	CHECK(is_right(r));
	CHECK_EQ(ntohl(quoted->saddr), INSIDE);
	CHECK_EQ(sum(quoted, 20, 0), 0xffff);
	CHECK_EQ(got[48] << 8 | got[49], 3000);
}

/* Wrong somewhere: bytes, lengths, fragments, errors about packets that never were. */
static size_t nonsense(void)
{
	static const int kinds[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };
	struct iphdr *ip = (void *)pkt;
	size_t n = 40 + rnd(200);

	build(kinds[rnd(3)], INSIDE + rnd(4), rnd(4) ? OUTSIDE + rnd(4) : ROUTER, (uint16_t)rnd(50), n);
	for (uint32_t i = rnd(4); i; i--)
		pkt[rnd((uint32_t)n)] = (unsigned char)rnd(256);
	if (!rnd(4))
		ip->frag_off = htons((uint16_t)(rnd(2) << 13 | rnd(30)));
	if (!rnd(4))
		pkt[20] = (unsigned char)rnd(20);
	if (!rnd(4))
		memcpy(pkt + 28, pkt, 12 + rnd(8));
	if (!rnd(5))
		n = 1 + rnd((uint32_t)n);
	if (rnd(8)) {
		ip->version = 4;
		ip->ihl = rnd(8) ? 5 : 5 + rnd(10);
		ip->tot_len = htons((uint16_t)n);
		ip->check = 0;
		if (n >= ip->ihl * 4u)
			ip->check = htons((uint16_t)~sum(ip, ip->ihl * 4u, 0));
	}
	return n;
}

CASE(nonsense_does_no_harm)
{
	struct iphdr *ip = (void *)got;
	int in, out;

	router(&in, &out);
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = nonsense();
		ssize_t r;

		if (write(rnd(2) ? in : out, pkt, n) < 0)
			continue;
		while ((r = read(out, got, sizeof(got))) > 0)
			if (r >= 40 && rnd(2)) {
				swap_ends(got);
				if (write(out, got, (size_t)r) < 0)
					break;
			}
		while (read(in, got, sizeof(got)) > 0)
			continue;
	}
	build(IPPROTO_UDP, INSIDE, OUTSIDE, 9000, 100);
	NEED(write(in, pkt, 100) == 100);
	NEED(take(out) == 100);
	CHECK_EQ(ntohl(ip->saddr), ROUTER);
}

TAP_MAIN
