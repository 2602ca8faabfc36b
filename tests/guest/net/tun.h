/* SPDX-License-Identifier: GPL-2.0-only */
/* Interfaces whose other end a test holds: tun and tap devices. Include after inet.h; needs "guest-modules: tun". */
#pragma once

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>

/* A device @name, not up; @flags: IFF_TUN or IFF_TAP. */
static inline int tun_open(const char *name, short flags)
{
	struct ifreq r = named(name);
	int fd = open("/dev/net/tun", O_RDWR);

	r.ifr_flags = (short)(flags | IFF_NO_PI);
	NEED(fd >= 0 && !ioctl(fd, TUNSETIFF, &r));
	return fd;
}

/* An address for @name, "255.255.255.0" and the like its mask. */
static inline void set_address(const char *name, const char *ip, const char *mask)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = named(name);

	*(struct sockaddr_in *)&r.ifr_addr = addr(ip, 0);
	NEED(!ioctl(s, SIOCSIFADDR, &r));
	*(struct sockaddr_in *)&r.ifr_addr = addr(mask, 0);
	NEED(!ioctl(s, SIOCSIFNETMASK, &r));
	close(s);
}

/* What leaves next within @ms, into @p; its length, 0: nothing. */
static inline size_t tun_next(int fd, uint8_t *p, size_t size, int ms)
{
	struct pollfd f = { fd, POLLIN, 0 };
	ssize_t n;

	if (poll(&f, 1, ms) != 1)
		return 0;
	n = read(fd, p, size);
	NEED(n > 0);
	return (size_t)n;
}
