/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of IP need again and again: interfaces up, IPv4 addresses, checksums. Include after tap.h. */
#pragma once

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static inline struct ifreq named(const char *name)
{
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return r;
}

static inline void link_up(const char *name)
{
	struct ifreq r = named(name);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	NEED(s >= 0);
	NEED(ioctl(s, SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags |= IFF_UP;
	NEED(ioctl(s, SIOCSIFFLAGS, &r) == 0);
	close(s);
}
static inline void lo_up(void) { link_up("lo"); }

static inline struct sockaddr_in addr(const char *ip, int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = inet_addr(ip) };
}

/* The address that a socket is bound to. */
static inline struct sockaddr_in name_of(int s)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	NEED(getsockname(s, (void *)&a, &n) == 0);
	CHECK_EQ(n, sizeof(a));
	return a;
}

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The Internet's sum of @n bytes on top of @sum, folded; not yet the complement. */
static inline unsigned sum16(const void *bytes, size_t n, unsigned sum)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (unsigned)p[i] << 8 | p[i + 1];
	if (n & 1)
		sum += (unsigned)p[n - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}
