// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/net/tun: a program at the other end of an interface.
 * guest-modules: tun
 */
#include "tap.h"
#include "inet.h"

#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static unsigned char pkt[70000];

static int attach(const char *name, int flags)
{
	struct ifreq r = { .ifr_flags = (short)flags };
	int fd = open("/dev/net/tun", O_RDWR);

	NEED(fd >= 0);
	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &r) < 0) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

static void up(const char *name, const char *addr)
{
	struct ifreq r = named(name);
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	a->sin_family = AF_INET;
	inet_pton(AF_INET, addr, &a->sin_addr);
	NEED(ioctl(s, SIOCSIFADDR, &r) == 0);
	inet_pton(AF_INET, "255.255.255.0", &a->sin_addr);
	NEED(ioctl(s, SIOCSIFNETMASK, &r) == 0);
	close(s);
	link_up(name);
}

static int udp_to(const char *addr, int port, const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	inet_pton(AF_INET, addr, &a.sin_addr);
	NEED(sendto(s, text, strlen(text), 0, (void *)&a, sizeof(a)) == (ssize_t)strlen(text));
	return s;
}

/* The next packet of IPv4 UDP, behind @skip bytes; others come on their own (IPv6). */
static ssize_t next_udp(int fd, size_t skip)
{
	struct pollfd p = { fd, POLLIN, 0 };

	while (poll(&p, 1, 3000) == 1) {
		ssize_t n = read(fd, pkt, sizeof(pkt));

		if (n >= (ssize_t)(skip + 28) && pkt[skip] == 0x45 && pkt[skip + 9] == IPPROTO_UDP)
			return n;
		if (n < 0)
			return -1;
	}
	return -1;
}

/* An IPv4 UDP packet to @dst at @p; its length. */
static size_t build(unsigned char *p, const char *src, const char *dst, int port, const char *text)
{
	struct iphdr *ip = (void *)p;
	struct udphdr *u = (void *)(p + 20);
	size_t n = 28 + strlen(text);

	memset(p, 0, 28);
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons((uint16_t)n);
	inet_pton(AF_INET, src, &ip->saddr);
	inet_pton(AF_INET, dst, &ip->daddr);
	ip->check = htons((uint16_t)~sum16(ip, 20, 0));
	u->source = htons(999);
	u->dest = htons((uint16_t)port);
	u->len = htons((uint16_t)(n - 20));
	memcpy(p + 28, text, strlen(text));
	return n;
}

static int receiver(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval tv = { 3, 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(bind(s, (void *)&a, sizeof(a)) == 0);
	NEED(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	return s;
}

CASE(features_and_names)
{
	unsigned int f = 0;
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	CHECK(ioctl(fd, TUNGETFEATURES, &f) == 0);
	CHECK_EQ(f & (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE),
		 IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE);
	FAILS(read(fd, pkt, 100), EBADFD);
	FAILS(write(fd, pkt, 100), EBADFD);
	CHECK(ioctl(fd, TUNSETIFF, &r) == 0);
	CHECK(!strncmp(r.ifr_name, "tun", 3));
	CHECK(if_nametoindex(r.ifr_name) > 0);
	FAILS(ioctl(fd, TUNSETIFF, &r), EEXIST);
	memset(&r, 0, sizeof(r));
	CHECK(ioctl(fd, TUNGETIFF, &r) == 0);
	CHECK_EQ(r.ifr_flags & (IFF_TUN | IFF_TAP | IFF_NO_PI), IFF_TUN | IFF_NO_PI);
	close(fd);
	CHECK_EQ(if_nametoindex(r.ifr_name), 0);
	FAILS(attach("tq0", IFF_NO_PI), EINVAL);
	FAILS(attach("a/b", IFF_TAP), EINVAL);
	FAILS(attach("lo", IFF_TAP), EINVAL);
}

CASE(tun_carries_packets_both_ways)
{
	int fd = attach("tq0", IFF_TUN | IFF_NO_PI), s, in;
	ssize_t n;

	NEED(fd >= 0);
	pkt[0] = 0x45;
	FAILS(write(fd, pkt, 40), EIO);
	up("tq0", "192.168.99.1");
	s = udp_to("192.168.99.2", 7000, "hello");
	n = next_udp(fd, 0);
	CHECK_EQ(n, 33);
	CHECK(n == 33 && !memcmp(pkt + 28, "hello", 5));
	in = receiver(7001);
	n = (ssize_t)build(pkt, "192.168.99.2", "192.168.99.1", 7001, "back");
	CHECK_EQ(write(fd, pkt, (size_t)n), n);
	CHECK_EQ(recv(in, pkt, 100, 0), 4);
	CHECK(!memcmp(pkt, "back", 4));
	pkt[0] = 0x10;
	FAILS(write(fd, pkt, 40), EINVAL);
	close(s);
	close(in);
	close(fd);
}

CASE(packet_information_comes_first)
{
	int fd = attach("tq0", IFF_TUN), s;
	ssize_t n;

	NEED(fd >= 0);
	up("tq0", "192.168.99.1");
	s = udp_to("192.168.99.2", 7000, "hello");
	n = next_udp(fd, 4);
	CHECK_EQ(n, 37);
	CHECK(pkt[0] == 0 && pkt[1] == 0 && pkt[2] == 8 && pkt[3] == 0);
	udp_to("192.168.99.2", 7000, "hello again");
	for (;;) {	/* a short buffer gets a short packet and is told */
		n = read(fd, pkt, 20);
		NEED(n > 0);
		if (pkt[4] == 0x45)
			break;
	}
	CHECK_EQ(n, 20);
	CHECK_EQ(pkt[0] | pkt[1], 1);
	FAILS(write(fd, pkt, 3), EINVAL);
	close(s);
	close(fd);
}

CASE(tap_asks_for_neighbours)
{
	int fd = attach("tq0", IFF_TAP | IFF_NO_PI), s, in;
	struct ifreq r = named("tq0");
	struct pollfd p = { fd, POLLIN, 0 };
	unsigned char frame[100] = { 0 }, mac[6];
	size_t n;

	NEED(fd >= 0);
	up("tq0", "192.168.99.1");
	CHECK(ioctl(fd, SIOCGIFHWADDR, &r) == 0);
	CHECK_EQ(r.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	s = udp_to("192.168.99.2", 7000, "hello");
	for (;;) {
		NEED(poll(&p, 1, 3000) == 1);
		NEED(read(fd, pkt, sizeof(pkt)) >= 42);
		if (pkt[12] == 8 && pkt[13] == 6)
			break;
	}
	CHECK(!memcmp(pkt, "\xff\xff\xff\xff\xff\xff", 6) && !memcmp(pkt + 6, mac, 6));
	CHECK(!memcmp(pkt + 38, "\xc0\xa8\x63\x02", 4));
	/* answer, and the packet comes */
	memcpy(frame, mac, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x99", 6);
	memcpy(frame + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10);
	memcpy(frame + 22, frame + 6, 6);
	memcpy(frame + 28, "\xc0\xa8\x63\x02", 4);
	memcpy(frame + 32, mac, 6);
	memcpy(frame + 38, "\xc0\xa8\x63\x01", 4);
	CHECK_EQ(write(fd, frame, 42), 42);
	CHECK_EQ(next_udp(fd, 14), 47);
	CHECK(!memcmp(pkt, frame + 6, 6));
	in = receiver(7001);
	memcpy(frame + 12, "\x08\x00", 2);
	n = build(frame + 14, "192.168.99.2", "192.168.99.1", 7001, "back");
	CHECK_EQ(write(fd, frame, 14 + n), 14 + n);
	CHECK_EQ(recv(in, pkt, 100, 0), 4);
	FAILS(write(fd, frame, 13), EINVAL);
	close(s);
	close(in);
	close(fd);
}

CASE(virtual_headers_carry_checksums)
{
	int fd = attach("tq0", IFF_TUN | IFF_NO_PI | IFF_VNET_HDR), s, in, size = 0;
	struct virtio_net_hdr *h = (void *)pkt;
	size_t n;

	NEED(fd >= 0);
	CHECK(ioctl(fd, TUNGETVNETHDRSZ, &size) == 0);
	CHECK_EQ(size, 10);
	size = 12;
	CHECK(ioctl(fd, TUNSETVNETHDRSZ, &size) == 0);
	size = 4;
	FAILS(ioctl(fd, TUNSETVNETHDRSZ, &size), EINVAL);
	CHECK(ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM) == 0);
	FAILS(ioctl(fd, TUNSETOFFLOAD, 0x8000), EINVAL);
	up("tq0", "192.168.99.1");
	s = udp_to("192.168.99.2", 7000, "hello");
	CHECK_EQ(next_udp(fd, 12), 45);
	CHECK_EQ(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK_EQ(h->csum_start, 20);
	CHECK_EQ(h->csum_offset, 6);
	in = receiver(7001);
	memset(pkt, 0, 12);
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = 20;
	h->csum_offset = 6;
	n = build(pkt + 12, "192.168.99.2", "192.168.99.1", 7001, "back");
	CHECK_EQ(write(fd, pkt, 12 + n), 12 + n);
	CHECK_EQ(recv(in, pkt, 100, 0), 4);
	memset(pkt, 0, 12);
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = 4000;
	n = build(pkt + 12, "192.168.99.2", "192.168.99.1", 7001, "back");
	FAILS(write(fd, pkt, 12 + n), EINVAL);
	close(s);
	close(in);
	close(fd);
}

CASE(persistent_until_told_otherwise)
{
	int fd = attach("tq0", IFF_TAP | IFF_NO_PI);

	NEED(fd >= 0);
	FAILS(attach("tq0", IFF_TAP | IFF_NO_PI), EBUSY);
	FAILS(attach("tq0", IFF_TUN | IFF_NO_PI), EINVAL);
	CHECK(ioctl(fd, TUNSETPERSIST, 1) == 0);
	CHECK(ioctl(fd, TUNSETOWNER, 1000) == 0);
	close(fd);
	CHECK(if_nametoindex("tq0") > 0);
	FAILS(attach("tq0", IFF_TAP | IFF_NO_PI | 0x8000), EBUSY);
	fd = attach("tq0", IFF_TAP | IFF_NO_PI);
	NEED(fd >= 0);
	CHECK(ioctl(fd, TUNSETPERSIST, 0) == 0);
	close(fd);
	CHECK_EQ(if_nametoindex("tq0"), 0);
}

CASE(owner_may_attach_without_privilege)
{
	int fd = attach("tq0", IFF_TAP | IFF_NO_PI);
	pid_t pid;

	NEED(fd >= 0 && chmod("/dev/net/tun", 0666) == 0);
	CHECK(ioctl(fd, TUNSETPERSIST, 1) == 0);
	CHECK(ioctl(fd, TUNSETOWNER, 1000) == 0);
	close(fd);
	CHILD(pid, {
		NEED(setgid(1001) == 0 && setuid(1001) == 0);
		FAILS(attach("tq0", IFF_TAP | IFF_NO_PI), EPERM);
		FAILS(attach("tq1", IFF_TAP | IFF_NO_PI), EPERM);
	});
	JOIN(pid);
	CHILD(pid, {
		NEED(setgid(1000) == 0 && setuid(1000) == 0);
		CHECK(attach("tq0", IFF_TAP | IFF_NO_PI) >= 0);
	});
	JOIN(pid);
	fd = attach("tq0", IFF_TAP | IFF_NO_PI);
	CHECK(ioctl(fd, TUNSETPERSIST, 0) == 0);
	close(fd);
}

CASE(several_queues)
{
	int a = attach("tq0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE), b, got = 0;
	struct ifreq r = { .ifr_flags = IFF_DETACH_QUEUE };
	struct pollfd p[2];

	NEED(a >= 0);
	FAILS(attach("tq0", IFF_TUN | IFF_NO_PI), EINVAL);
	b = attach("tq0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE);
	NEED(b >= 0);
	up("tq0", "192.168.99.1");
	CHECK(ioctl(a, TUNSETQUEUE, &r) == 0);
	FAILS(ioctl(a, TUNSETQUEUE, &r), EINVAL);
	for (int i = 0; i < 8; i++)
		close(udp_to("192.168.99.2", 7000 + i, "x"));
	for (int i = 0; i < 8; i++)
		got += next_udp(b, 0) == 29;
	CHECK_EQ(got, 8);
	r.ifr_flags = IFF_ATTACH_QUEUE;
	CHECK(ioctl(a, TUNSETQUEUE, &r) == 0);
	close(b);
	close(udp_to("192.168.99.2", 7000, "y"));
	CHECK_EQ(next_udp(a, 0), 29);
	p[0] = (struct pollfd){ a, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents & POLLOUT, POLLOUT);
	close(a);
	CHECK_EQ(if_nametoindex("tq0"), 0);
}

CASE(a_namespace_ends_with_its_interfaces)
{
	pid_t pid;

	CHILD(pid, {
		int fd;

		NEED(unshare(CLONE_NEWNET) == 0);
		fd = attach("tq0", IFF_TUN | IFF_NO_PI);
		NEED(fd >= 0);
		up("tq0", "192.168.99.1");
		CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
		while (read(fd, pkt, sizeof(pkt)) > 0)
			;
		CHECK(read(fd, pkt, sizeof(pkt)) >= 0 || errno == EAGAIN);
		close(udp_to("192.168.99.2", 7000, "x"));
		CHECK_EQ(next_udp(fd, 0), 29);
	});
	JOIN(pid);
	CHECK_EQ(if_nametoindex("tq0"), 0);
}

/* Packets of random bytes never do harm. */
CASE(random_packets_are_survived)
{
	int fd = attach("tq0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR), ok = 0;
	unsigned int x = 12345;

	NEED(fd >= 0);
	up("tq0", "192.168.99.1");
	for (int i = 0; i < 3000; i++) {
		size_t n = 24 + (x >> 8) % 300;

		for (size_t k = 0; k < n; k++) {
			x = x * 1103515245 + 12345;
			pkt[k] = (unsigned char)(x >> 16);
		}
		if (i & 1)
			memset(pkt, 0, 10);
		if (i & 2) {
			memset(pkt + 10, 0xff, 6);
			memcpy(pkt + 22, i & 4 ? "\x08\x00\x45" : i & 8 ? "\x86\xdd\x60" : "\x08\x06\x00", 3);
		}
		ok += write(fd, pkt, n) == (ssize_t)n;
	}
	CHECK(ok >= 1000);
	close(fd);
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	NEED(sched_setaffinity(0, sizeof(set), &set) == 0);
}

/*
 * What is told of a carrier after the interface is gone: a real-time thread keeps the CPU on which that is to be
 * done from doing it, until another has closed the interface.
 */
CASE(carrier_changes_and_it_ends)
{
	volatile int *step = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sched_param sp = { .sched_priority = 50 };
	int fd = attach("tc0", IFF_TAP | IFF_NO_PI), off = 0;
	pid_t rt;

	NEED(fd >= 0);
	up("tc0", "192.168.98.1");
	CHILD(rt, {
		pin_to(0);
		NEED(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &sp) == 0);
		CHECK(!ioctl(fd, TUNSETCARRIER, &off));
		close(fd);
		*step = 1;
		while (*step != 2)
			;
	});
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		pin_to(1);
	while (*step != 1)
		sched_yield();
	close(fd);
	CHECK(!if_nametoindex("tc0"));
	*step = 2;
	JOIN(rt);
	fd = attach("tc0", IFF_TAP | IFF_NO_PI);
	NEED(fd >= 0);
	up("tc0", "192.168.98.1");
	close(fd);
}

TAP_MAIN
