// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side of tests/net/multiqueue: pairs of queues, traffic from every CPU, changes of their number. */
#include "../guest/tap.h"
#include "../guest/net/inet.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sched.h>

#define PAIRS	4
#define HOST	"10.9.0.1"

static int channels(unsigned set, struct ethtool_channels *c)
{
	struct ifreq r = named("eth0");
	int s = socket(AF_INET, SOCK_DGRAM, 0), err;

	c->cmd = set ? ETHTOOL_SCHANNELS : ETHTOOL_GCHANNELS;
	if (set)
		c->combined_count = set;
	r.ifr_data = (void *)c;
	err = ioctl(s, SIOCETHTOOL, &r);
	close(s);
	return err;
}

/* Interrupts so far of the queues that receive (or send), by queue. */
static void interrupts(unsigned long count[PAIRS])
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[1024];
	int n = 0;

	NEED(f);
	memset(count, 0, PAIRS * sizeof(*count));
	while (n < PAIRS && fgets(line, sizeof(line), f)) {
		char *p = strchr(line, ':');

		if (!p || (!strstr(line, "virtio-net-rx") && !strstr(line, "-input.")))
			continue;
		for (p++; *p == ' ' && p[strspn(p, " ")] >= '0' && p[strspn(p, " ")] <= '9';)
			count[n] += strtoul(p, &p, 10);
		n++;
	}
	fclose(f);
	CHECK_EQ(n, PAIRS);
}

static void be_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	NEED(sched_setaffinity(0, sizeof(set), &set) == 0);
}

static void address_up(void)
{
	struct ifreq r = named("eth0");
	struct sockaddr_in a = addr("10.9.0.2", 0), m = addr("255.255.255.0", 0);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	link_up("eth0");
	memcpy(&r.ifr_addr, &a, sizeof(a));
	NEED(ioctl(s, SIOCSIFADDR, &r) == 0);
	memcpy(&r.ifr_netmask, &m, sizeof(m));
	NEED(ioctl(s, SIOCSIFNETMASK, &r) == 0);
	close(s);
}

static void ping_pong(int rounds)
{
	struct sockaddr_in a = addr(HOST, 7);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct timeval tv = { 5, 0 };
	char out[64], in[64];

	NEED(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	NEED(connect(s, (void *)&a, sizeof(a)) == 0);
	for (int i = 0; i < rounds; i++) {
		snprintf(out, sizeof(out), "round %d", i);
		NEED(send(s, out, sizeof(out), 0) == sizeof(out));
		NEED(recv(s, in, sizeof(in), 0) == sizeof(in));
		CHECK(!memcmp(out, in, sizeof(in)));
	}
	close(s);
}

CASE(all_pairs_are_used)
{
	struct ethtool_channels c = { 0 };

	NEED(channels(0, &c) == 0);
	CHECK_EQ(c.max_combined, PAIRS);
	CHECK_EQ(c.combined_count, PAIRS);
	CHECK_EQ(c.max_rx, 0);
	CHECK_EQ(c.max_other, 0);
}

CASE(each_cpu_has_its_pair)
{
	unsigned long before[PAIRS], after[PAIRS];
	int busy = 0;

	address_up();
	ping_pong(5);
	interrupts(before);
	for (int cpu = 0; cpu < PAIRS; cpu++) {
		be_on(cpu);
		ping_pong(50);
	}
	interrupts(after);
	for (int i = 0; i < PAIRS; i++)
		busy += after[i] > before[i] + 10;
	CHECK_EQ(busy, PAIRS);	/* answers come where the flow was sent from */
}

static void echo_bytes(unsigned total)
{
	struct sockaddr_in a = addr(HOST, 7);
	int s = socket(AF_INET, SOCK_STREAM, 0);
	static unsigned char buf[65536];
	unsigned at = 0, bad = 0;
	pid_t pid;

	NEED(connect(s, (void *)&a, sizeof(a)) == 0);
	CHILD(pid, for (unsigned n = 0; n < total; n += sizeof(buf)) {
			for (unsigned i = 0; i < sizeof(buf); i++)
				buf[i] = (unsigned char)((n + i) % 251);
			NEED(send(s, buf, sizeof(buf), 0) == sizeof(buf));
		});
	while (at < total) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		NEED(n > 0);
		for (ssize_t i = 0; i < n; i++)
			bad += buf[i] != (unsigned char)(at++ % 251);
	}
	CHECK_EQ(bad, 0);
	JOIN(pid);
	close(s);
}

CASE(four_streams_at_once)
{
	pid_t pid[PAIRS];

	for (int i = 0; i < PAIRS; i++)
		CHILD(pid[i], be_on(i); echo_bytes(8u << 20));
	for (int i = 0; i < PAIRS; i++)
		JOIN(pid[i]);
}

CASE(their_number_changes)
{
	struct ethtool_channels c = { 0 };
	pid_t pid;

	NEED(channels(0, &c) == 0);
	FAILS(channels(PAIRS + 1, &c), EINVAL);
	CHILD(pid, echo_bytes(4u << 20));
	for (unsigned n = 1; n <= PAIRS; n++) {
		NEED(channels(0, &c) == 0);
		CHECK(channels(n, &c) == 0);
		NEED(channels(0, &c) == 0);
		CHECK_EQ(c.combined_count, n);
		ping_pong(20);
	}
	JOIN(pid);
	NEED(setuid(1000) == 0);
	FAILS(channels(1, &c), EPERM);
}

TAP_MAIN
