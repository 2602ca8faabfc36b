// SPDX-License-Identifier: GPL-2.0-only
/* Headers of TCP segments: RFC 791 3.1, RFC 8200 3, RFC 9293 3.1. */
#include "groseg.h"

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define PROTOCOL_TCP	6u
#define IP4_HEAD	20u
#define IP4_DF		0x40u
#define IP4_FRAGMENT	0x3fffu
#define IP6_HEAD	40u
#define IP6_ADDRS	8u
#define TCP_HEAD	20u
#define TCP_OFF		12u
#define TCP_FLAGS	13u
#define PSH		0x08u
#define ACK		0x10u

static u32 get16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u32 get32(const u8 *p) { return get16(p) << 16 | get16(p + 2); }
static bool is_v6(const u8 *ip) { return ip[0] >> 4 == 6; }

u32 groseg_head_len(const u8 *ip, u32 n)
{
	u32 tcp, head;

	if (n < IP4_HEAD + TCP_HEAD)
		return 0;
	if (ip[0] == 0x45 && ip[9] == PROTOCOL_TCP)
		tcp = IP4_HEAD;
	else if (is_v6(ip) && ip[6] == PROTOCOL_TCP && n >= IP6_HEAD + TCP_HEAD)
		tcp = IP6_HEAD;
	else
		return 0;
	head = (u32)(ip[tcp + TCP_OFF] >> 4) * 4;
	return head >= TCP_HEAD && tcp + head <= n ? tcp + head : 0;
}

bool groseg_parse(const u8 *ip, u32 n, u32 len, struct groseg *s)
{
	u32 head = groseg_head_len(ip, n), flags, total;

	if (!head)
		return false;
	if (is_v6(ip)) {
		s->tcp = IP6_HEAD;
		total = get16(ip + 4) + IP6_HEAD;
	} else {
		s->tcp = IP4_HEAD;
		total = get16(ip + 2);
		if ((get16(ip + 6) & IP4_FRAGMENT) || inetsum_fold(inetsum_add(0, ip, IP4_HEAD)) != 0xffff)
			return false;
	}
	if (head > total || total > len)
		return false;
	flags = ip[s->tcp + TCP_FLAGS];
	s->head = (u16)head;
	s->len = total - head;
	s->seq = get32(ip + s->tcp + 4);
	s->has_plain_head = total == len && (flags & ~PSH) == ACK && !(ip[s->tcp + TCP_OFF] & 15);
	s->is_pushed = flags & PSH;
	return true;
}

static u64 get64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

u32 groseg_hash(const u8 *ip, const struct groseg *s)
{
	u64 h = get64(ip + 12);		/* IPv4: both addresses */
	u32 ports;

	if (is_v6(ip))
		h = get64(ip + IP6_ADDRS) ^ get64(ip + IP6_ADDRS + 8) ^ get64(ip + IP6_ADDRS + 16) * 3 ^
		    get64(ip + IP6_ADDRS + 24) * 3;
	memcpy(&ports, ip + s->tcp, sizeof(ports));
	h = (h ^ ports * 0x9e3779b97f4a7c15UL) * 0xd6e8feb86659fd93UL;
	return (u32)(h >> 32);
}

bool groseg_is_same_flow(const u8 *a, const struct groseg *sa, const u8 *b, const struct groseg *sb)
{
	if (sa->tcp != sb->tcp || memcmp(a + sa->tcp, b + sb->tcp, 4))
		return false;
	return sa->tcp == IP6_HEAD ? !memcmp(a + IP6_ADDRS, b + IP6_ADDRS, 32) : get64(a + 12) == get64(b + 12);
}

static bool is_ip_alike(const u8 *a, const u8 *b, u32 nth)
{
	if (is_v6(a))
		return !memcmp(a, b, 4) && a[7] == b[7];
	if (a[1] != b[1] || a[6] != b[6] || a[8] != b[8])
		return false;
	return (a[6] & IP4_DF) || get16(b + 4) == ((get16(a + 4) + nth) & 0xffff);
}

bool groseg_is_alike(const u8 *a, const u8 *b, const struct groseg *s, u32 nth)
{
	const u8 *ta = a + s->tcp, *tb = b + s->tcp;

	return is_ip_alike(a, b, nth) && !memcmp(ta + 8, tb + 8, 4) && ta[TCP_OFF] == tb[TCP_OFF] &&
	       !((ta[TCP_FLAGS] ^ tb[TCP_FLAGS]) & ~PSH) && !memcmp(ta + 14, tb + 14, 2) &&
	       !memcmp(ta + TCP_HEAD, tb + TCP_HEAD, s->head - s->tcp - TCP_HEAD);
}
