// SPDX-License-Identifier: GPL-2.0-only
/* AF_PACKET on the loopback interface: seeing, filtering, sending. */
#include "tap.h"
#include "inet.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>

static unsigned char buf[70000];

static int tap(int type, int protocol)
{
	int s;
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };

	lo_up();
	s = socket(AF_PACKET, type, 0);
	NEED(s >= 0);
	ll.sll_ifindex = (int)if_nametoindex("lo");
	NEED(bind(s, (void *)&ll, sizeof(ll)) == 0);
	return s;
}

static void say(const char *text, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(sendto(s, text, strlen(text), 0, (void *)&a, sizeof(a)) == (ssize_t)strlen(text));
	close(s);
}

static int listener(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t n = sizeof(a);

	NEED(bind(s, (void *)&a, sizeof(a)) == 0 && getsockname(s, (void *)&a, &n) == 0);
	*port = ntohs(a.sin_port);
	return s;
}

static ssize_t get(int s, struct sockaddr_ll *ll)
{
	struct pollfd p = { s, POLLIN, 0 };
	socklen_t n = sizeof(*ll);

	if (poll(&p, 1, 2000) != 1)
		return -1;
	return recvfrom(s, buf, sizeof(buf), 0, (void *)ll, &n);
}

CASE(raw_sees_the_link_header)
{
	struct sockaddr_ll ll;
	int port, s, u;

	s = tap(SOCK_RAW, ETH_P_IP);
	u = listener(&port);
	say("hello", port);
	CHECK_EQ(get(s, &ll), 14 + 20 + 8 + 5);
	CHECK_EQ(buf[12] << 8 | buf[13], ETH_P_IP);
	CHECK(!memcmp(buf + 42, "hello", 5));
	CHECK_EQ(ll.sll_family, AF_PACKET);
	CHECK_EQ(ntohs(ll.sll_protocol), ETH_P_IP);
	CHECK_EQ(ll.sll_pkttype, PACKET_HOST);
	CHECK_EQ(ll.sll_hatype, 772);
	CHECK_EQ(ll.sll_halen, 6);
	CHECK_EQ(ll.sll_ifindex, (int)if_nametoindex("lo"));
	CHECK_EQ(recv(u, buf, sizeof(buf), 0), 5);
}

CASE(dgram_sees_what_is_behind_it)
{
	struct sockaddr_ll ll;
	int port, s, u;

	s = tap(SOCK_DGRAM, ETH_P_IP);
	u = listener(&port);
	say("hello", port);
	CHECK_EQ(get(s, &ll), 20 + 8 + 5);
	CHECK_EQ(buf[0], 0x45);
	CHECK_EQ(buf[9], IPPROTO_UDP);
	close(u);
}

CASE(all_protocols_see_both_directions)
{
	struct sockaddr_ll ll;
	int port, s, u;

	s = tap(SOCK_RAW, ETH_P_ALL);
	u = listener(&port);
	say("x", port);
	CHECK_EQ(get(s, &ll), 43);
	CHECK_EQ(ll.sll_pkttype, PACKET_OUTGOING);
	CHECK_EQ(get(s, &ll), 43);
	CHECK_EQ(ll.sll_pkttype, PACKET_HOST);
	close(u);
}

CASE(other_protocols_are_not_seen)
{
	int s, port, u;

	s = tap(SOCK_RAW, ETH_P_ARP);
	u = listener(&port);
	say("x", port);
	CHECK_EQ(recv(u, buf, 10, 0), 1);
	FAILS(recv(s, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
}

CASE(unbound_sees_nothing)
{
	int s, port, u;

	lo_up();
	s = socket(AF_PACKET, SOCK_RAW, 0);
	u = listener(&port);
	say("x", port);
	CHECK_EQ(recv(u, buf, 10, 0), 1);
	FAILS(recv(s, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
}

CASE(a_filter_chooses_and_cuts)
{
	/* UDP to port 7777: 30 bytes; nothing else */
	struct sock_filter f[] = {
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 9 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 3, IPPROTO_UDP },
		{ BPF_LD | BPF_H | BPF_ABS, 0, 0, 22 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 7777 },
		{ BPF_RET | BPF_K, 0, 0, 30 },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	struct sock_fprog p = { 6, f };
	struct sockaddr_ll ll;
	int s = tap(SOCK_DGRAM, ETH_P_IP);

	CHECK(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0);
	say("no", 7778);
	say("yes yes", 7777);
	CHECK_EQ(get(s, &ll), 30);
	CHECK_EQ(buf[22] << 8 | buf[23], 7777);
	CHECK(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &p, sizeof(int)) == 0);
	FAILS(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &p, sizeof(int)), ENOENT);
	f[0].code = 0xffff;
	FAILS(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)), EINVAL);
}

CASE(filters_on_udp_begin_at_its_header)
{
	struct sock_filter f[] = {
		{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 8 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 'y' },
		{ BPF_RET | BPF_K, 0, 0, 0xffff },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	struct sock_fprog p = { 4, f };
	int port, u;

	lo_up();
	u = listener(&port);
	CHECK(setsockopt(u, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0);
	say("no", port);
	say("yes", port);
	CHECK_EQ(recv(u, buf, 10, 0), 3);
}

static unsigned short sum(const void *p, int n)
{
	const unsigned short *w = p;
	unsigned s = 0;

	for (; n > 1; n -= 2)
		s += *w++;
	s = (s & 0xffff) + (s >> 16);
	return (unsigned short)~(s + (s >> 16));
}

/* Loopback addresses do not come from a wire: one that may. */
static void add_address(void)
{
	struct ifreq r = { .ifr_name = "lo:1" };
	struct sockaddr_in *in = (void *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = inet_addr("10.77.0.1");
	NEED(ioctl(s, SIOCSIFADDR, &r) == 0);
	close(s);
}

static int make_packet(unsigned char *p, int port)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(31) };
	struct udphdr u = { .source = htons(1), .dest = htons(port), .len = htons(11) };

	ip.saddr = inet_addr("10.9.9.9");
	ip.daddr = inet_addr("10.77.0.1");
	ip.check = sum(&ip, 20);
	memcpy(p, &ip, 20);
	memcpy(p + 20, &u, 8);
	memcpy(p + 28, "abc", 3);
	return 31;
}

CASE(what_is_sent_arrives)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_halen = 6 };
	int s, port, u, n;

	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);

	NEED(!unshare(CLONE_NEWNET));	/* the address is not to stay */
	s = tap(SOCK_DGRAM, ETH_P_ARP);
	add_address();
	u = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(bind(u, (void *)&any, sizeof(any)) == 0 && getsockname(u, (void *)&any, &len) == 0);
	port = ntohs(any.sin_port);
	ll.sll_ifindex = (int)if_nametoindex("lo");
	n = make_packet(buf, port);
	CHECK_EQ(sendto(s, buf, n, 0, (void *)&ll, sizeof(ll)), n);
	CHECK_EQ(recv(u, buf, sizeof(buf), 0), 3);
	CHECK(!memcmp(buf, "abc", 3));
	close(s);
	s = tap(SOCK_RAW, ETH_P_ARP);
	memset(buf, 0, 14);
	buf[12] = 8;
	n = 14 + make_packet(buf + 14, port);
	CHECK_EQ(sendto(s, buf, n, 0, (void *)&ll, sizeof(ll)), n);
	CHECK_EQ(recv(u, buf, sizeof(buf), 0), 3);
	ll.sll_ifindex = 9999;
	FAILS(sendto(s, buf, n, 0, (void *)&ll, sizeof(ll)), ENXIO);
}

CASE(statistics_count_and_clear)
{
	struct tpacket_stats st;
	socklen_t n = sizeof(st);
	struct sockaddr_ll ll;
	int s = tap(SOCK_RAW, ETH_P_IP), port, u = listener(&port);

	for (int i = 0; i < 3; i++)
		say("x", port);
	CHECK(get(s, &ll) > 0);
	CHECK(getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0);
	CHECK_EQ(st.tp_packets, 3);
	CHECK_EQ(st.tp_drops, 0);
	CHECK(getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0);
	CHECK_EQ(st.tp_packets, 0);
	close(u);
}

CASE(membership_and_names)
{
	struct packet_mreq m = { .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll ll;
	socklen_t n = sizeof(ll);
	int s = tap(SOCK_RAW, ETH_P_IP);

	m.mr_ifindex = (int)if_nametoindex("lo");
	CHECK(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) == 0);
	CHECK(setsockopt(s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &m, sizeof(m)) == 0);
	m.mr_ifindex = 9999;
	FAILS(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)), ENODEV);
	CHECK(getsockname(s, (void *)&ll, &n) == 0);
	CHECK_EQ(n, 18);
	CHECK_EQ(ll.sll_hatype, 772);
	CHECK_EQ(ntohs(ll.sll_protocol), ETH_P_IP);
}

CASE(a_mapped_ring_holds_packets)
{
	struct tpacket_req q = { .tp_block_size = 8192, .tp_block_nr = 2, .tp_frame_size = 2048, .tp_frame_nr = 8 };
	int s = tap(SOCK_RAW, ETH_P_IP), port, u = listener(&port), v = TPACKET_V2, len;
	struct pollfd p = { s, POLLIN, 0 };
	socklen_t n = sizeof(v);
	unsigned char *ring;

	CHECK(getsockopt(s, SOL_PACKET, PACKET_HDRLEN, &v, &n) == 0);
	CHECK_EQ(v, sizeof(struct tpacket2_hdr));
	v = TPACKET_V2;
	CHECK(setsockopt(s, SOL_PACKET, PACKET_VERSION, &v, sizeof(v)) == 0);
	q.tp_frame_nr = 7;
	FAILS(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)), EINVAL);
	q.tp_frame_nr = 8;
	CHECK(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) == 0);
	ring = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	NEED(ring != MAP_FAILED);
	FAILS(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)), EBUSY);
	CHECK_EQ(poll(&p, 1, 0), 0);
	for (int i = 0; i < 10; i++)
		say("hello", port);
	CHECK_EQ(poll(&p, 1, 2000), 1);
	usleep(50000);
	len = 0;
	for (int i = 0; i < 8; i++) {
		struct tpacket2_hdr *h = (void *)(ring + i * 2048);
		struct sockaddr_ll *ll = (void *)((char *)h + TPACKET_ALIGN(sizeof(*h)));

		NEED(h->tp_status & TP_STATUS_USER);
		CHECK_EQ(h->tp_len, 47);
		CHECK_EQ(h->tp_snaplen, 47);
		CHECK_EQ(h->tp_net - h->tp_mac, 14);
		CHECK(!memcmp((char *)h + h->tp_mac + 42, "hello", 5));
		CHECK_EQ(ll->sll_pkttype, PACKET_HOST);
		h->tp_status = TP_STATUS_KERNEL;
		len++;
	}
	CHECK_EQ(len, 8);
	say("after", port);
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK(((struct tpacket2_hdr *)ring)->tp_status & TP_STATUS_LOSING);
	munmap(ring, 16384);
	memset(&q, 0, sizeof(q));
	CHECK(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) == 0);
	close(u);
}

CASE(needs_privilege)
{
	NEED(setuid(1000) == 0);
	FAILS(socket(AF_PACKET, SOCK_RAW, 0), EPERM);
}

TAP_MAIN
