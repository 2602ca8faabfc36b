// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of hosts for ws2_32.dll: numbers, what /etc/hosts names, then what the name servers
 * say (dnsclient.c). IPv4 addresses come first. Services are numbers.
 *
 * Arguments and answers are blocks of Windows' structures in the program's memory; who gives
 * too little room is told how much it takes and calls again.
 */
#include "../resolver.h"

#include <tern/fs/ofile.h>
#include <tern/kernel/ns.h>
#include <tern/lib/fmt.h>
#include <tern/lib/ipaddr.h>
#include <uapi/fcntl.h>

#define WSAEFAULT	10014
#define WSANOMEMORY	8
#define WSAHOST_NOT_FOUND 11001
#define WSATRY_AGAIN	11002
#define WSATYPE_NOT_FOUND 10109
#define BUFFER_TOO_SMALL 122
#define HOSTS_MAX	65536u
#define NAME_MAX_	256u
#define STREAM		1
#define DGRAM		2
#define WIN_INET	2
#define WIN_INET6	23
#define NI_NAMEREQUIRED	4
#define AI_PASSIVE	1
#define AI_CANONNAME	2
#define AI_NUMERIC	4
#define ADDRESSES_MAX	32u

/* struct addrinfo of 64-bit Windows. */
struct win_addrinfo {
	s32 flags, family, socktype, protocol;
	u64 addrlen, canonname, addr, next;
};
/* IPv4 has its address at rest, IPv6 behind the flow. */
struct win_sockaddr { u16 family, port; u8 rest[28]; };

static ntstatus take_text(char *out, u64 from)
{
	ssize_t n = user_strncpy(out, (const char __user *)from, NAME_MAX_);

	return n < 0 || n >= (ssize_t)NAME_MAX_ ? WSAEFAULT : 0;
}

/* ---- addresses of a name ---- */

static bool parse_ip(const char *s, struct dns_addr *a)
{
	a->len = ip4_from_text(s, a->bytes) ? 4 : ip6_from_text(s, a->bytes) ? 16 : 0;
	return a->len;
}

/* One line of the hosts file: does it name @name. */
static bool line_names(char *line, const char *name, struct dns_addr *a)
{
	char *at = line, *word;
	bool has_ip = false;

	line[strcspn(line, "#\r")] = 0;
	while ((word = strsep(&at, " \t")) != NULL) {
		if (!*word)
			continue;
		if (!has_ip) {
			if (!parse_ip(word, a))
				return false;
			has_ip = true;
		} else if (!strcasecmp(word, name)) {
			return true;
		}
	}
	return false;
}

struct addresses { u32 n; struct dns_addr a[ADDRESSES_MAX]; };

/* What the program wants of a family: 0 is both. */
static bool is_wanted(s32 family, u32 len)
{
	return !family || family == (len == 4 ? WIN_INET : WIN_INET6);
}

static void add(struct addresses *all, s32 family, const struct dns_addr *a)
{
	if (all->n < ADDRESSES_MAX && is_wanted(family, a->len))
		all->a[all->n++] = *a;
}

static void from_hosts(const char *name, s32 family, struct addresses *all)
{
	struct ofile *f = ofile_open_kernel("/etc/hosts", O_RDONLY, 0);
	char *text, *at, *line;
	struct dns_addr a;
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(f))
		return;
	text = kmem_alloc_large(HOSTS_MAX, ALLOC_KERNEL);
	n = text ? ofile_read_kernel(f, text, HOSTS_MAX - 1, &pos) : -ENOMEM;
	ofile_put(f);
	if (n > 0) {
		text[n] = 0;
		at = text;
		while ((line = strsep(&at, "\n")) != NULL)
			if (line_names(line, name, &a))
				add(all, family, &a);
	}
	kmem_free_large(text);
}

static int from_servers(const char *name, s32 family, struct addresses *all)
{
	int err = -ENOENT, first = 0;
	u32 n = 0;

	if (is_wanted(family, 4)) {
		err = nt_dns_lookup(name, DNS_TYPE_A, all->a, ADDRESSES_MAX, &n);
		all->n = n;
		first = err;
	}
	if (is_wanted(family, 16) && (!err || err == -ENOENT)) {
		err = nt_dns_lookup(name, DNS_TYPE_AAAA, all->a + n, ADDRESSES_MAX - n, &n);
		all->n += n;
	}
	if (all->n)
		return 0;
	return first && first != -ENOENT ? first : err;
}

/* Numbers, then the file, then the servers; an error of Windows sockets, or a call to be made again. */
static ntstatus find(const char *name, s32 flags, s32 family, struct addresses *all)
{
	static const struct dns_addr loopback = { 4, { 127, 0, 0, 1 } };
	struct dns_addr a;
	int err = 0;

	all->n = 0;
	if (parse_ip(name, &a)) {
		add(all, family, &a);
	} else if (!(flags & AI_NUMERIC)) {
		from_hosts(name, family, all);
		if (!all->n && !strcasecmp(name, "localhost"))
			add(all, family, &loopback);
		if (!all->n)
			err = from_servers(name, family, all);
	}
	if (all->n)
		return 0;
	if (err == -EAGAIN)
		return WSATRY_AGAIN;
	return err && err != -ENOENT && nt_status_of(err) == STATUS_RESTART_CALL_ ? STATUS_RESTART_CALL_ :
	       WSAHOST_NOT_FOUND;
}

/* ---- answers ---- */

/* Name or "" for who listens (flag) or connects to itself. */
static void nobody(s32 flags, s32 family, struct addresses *all)
{
	struct dns_addr four = { 4, { 127, 0, 0, 1 } }, six = { 16, { [15] = 1 } };

	if (flags & AI_PASSIVE) {
		four.bytes[0] = four.bytes[3] = 0;
		six.bytes[15] = 0;
	}
	all->n = 0;
	add(all, family, &four);
	if (family == WIN_INET6)
		add(all, family, &six);
}

struct entry { struct win_addrinfo i; struct win_sockaddr a; };

static void fill_entry(struct entry *e, u64 at, const struct dns_addr *a, u16 port, const struct win_addrinfo *hints)
{
	s32 type = hints->socktype;

	e->i.family = e->a.family = a->len == 4 ? WIN_INET : WIN_INET6;
	e->i.socktype = type;
	e->i.protocol = hints->protocol ? hints->protocol : type == STREAM ? 6 : type == DGRAM ? 17 : 0;
	e->i.addrlen = a->len == 4 ? 16 : 28;
	e->i.addr = at + offsetof(struct entry, a);
	put_be16(&e->a.port, port);
	memcpy(e->a.rest + (a->len == 4 ? 0 : 4), a->bytes, a->len);
}

/* All entries one behind the other, then the name if it is asked for. */
static ntstatus put_infos(u64 out, u64 usize, const struct addresses *all, u16 port,
			  const struct win_addrinfo *hints, const char *name)
{
	u32 size, need = all->n * (u32)sizeof(struct entry), canon = need;

	if (hints->flags & AI_CANONNAME)
		need += (u32)strlen(name) + 1;
	if (user_get(size, (u32 __user *)usize) || user_put(need, (u32 __user *)usize))
		return WSAEFAULT;
	if (size < need)
		return BUFFER_TOO_SMALL;
	for (u32 i = 0; i < all->n; i++) {
		u64 at = out + i * sizeof(struct entry);
		struct entry e = { .i = { .next = i + 1 < all->n ? at + sizeof(e) : 0 } };

		fill_entry(&e, at, &all->a[i], port, hints);
		if (!i && need > canon)
			e.i.canonname = out + canon;
		if (user_copyout((void __user *)at, &e, sizeof(e)))
			return WSAEFAULT;
	}
	return need > canon && user_copyout((void __user *)(out + canon), name, need - canon) ? WSAEFAULT : 0;
}

ntstatus nt_getaddrinfo(u64 args)
{
	u64 a[5];
	char name[NAME_MAX_] = "", service[NAME_MAX_] = "";
	struct win_addrinfo hints = { 0 };
	struct addresses *all;
	ntstatus s = 0;
	u64 port = 0;

	if (user_copyin(a, (void __user *)args, sizeof(a)) || (a[0] && take_text(name, a[0])) ||
	    (a[1] && take_text(service, a[1])) ||
	    (a[2] && user_copyin(&hints, (void __user *)a[2], sizeof(hints))))
		return WSAEFAULT;
	if (*service && (parse_u64(service, 10, &port, NULL) || port > 65535))
		return WSATYPE_NOT_FOUND;
	all = kmem_alloc(sizeof(*all), ALLOC_KERNEL);
	if (!all)
		return WSANOMEMORY;
	if (*name)
		s = find(name, hints.flags, hints.family, all);
	else
		nobody(hints.flags, hints.family, all);
	if (!s)
		s = put_infos(a[3], a[4], all, (u16)port, &hints, name);
	kmem_free(all);
	return s;
}

/* struct hostent, no aliases, pointers to addresses, addresses, the name. */
static ntstatus put_host(u64 out, u32 __user *usize, const struct addresses *all, const char *name)
{
	struct { u64 name, aliases; s16 family, len; u32 pad; u64 list; } h = { .family = WIN_INET, .len = 4 };
	u32 n = all->n, lists = sizeof(h), addrs = lists + (n + 2) * 8, text = addrs + n * 4, size;
	u32 need = text + (u32)strlen(name) + 1;
	u64 nul = 0;

	if (user_get(size, usize) || user_put(need, usize))
		return WSAEFAULT;
	if (size < need)
		return BUFFER_TOO_SMALL;
	h.name = out + text;
	h.aliases = out + lists + (n + 1) * 8UL;
	h.list = out + lists;
	for (u32 i = 0; i < n; i++) {
		u64 at = out + addrs + i * 4UL;

		if (user_copyout((void __user *)(out + lists + i * 8UL), &at, 8) ||
		    user_copyout((void __user *)at, all->a[i].bytes, 4))
			return WSAEFAULT;
	}
	if (user_copyout((void __user *)(out + lists + n * 8UL), &nul, 8) ||
	    user_copyout((void __user *)h.aliases, &nul, 8) || user_copyout((void __user *)out, &h, sizeof(h)))
		return WSAEFAULT;
	return user_copyout((void __user *)h.name, name, strlen(name) + 1) ? WSAEFAULT : 0;
}

ntstatus nt_gethostbyname(u64 args)
{
	struct { u64 name, out, size; } a;
	char name[NAME_MAX_] = "";
	struct addresses *all;
	ntstatus s;

	if (user_copyin(&a, (void __user *)args, sizeof(a)) || (a.name && take_text(name, a.name)))
		return WSAEFAULT;
	all = kmem_alloc(sizeof(*all), ALLOC_KERNEL);
	if (!all)
		return WSANOMEMORY;
	s = find(name, 0, WIN_INET, all);
	if (!s)
		s = put_host(a.out, (u32 __user *)a.size, all, name);
	kmem_free(all);
	return s;
}

ntstatus nt_gethostname(u64 args)
{
	struct { u64 name; u32 size, pad; } a;
	struct utsname_ uts;

	if (user_copyin(&a, (void __user *)args, sizeof(a)))
		return WSAEFAULT;
	utsns_read(&uts);
	if (strlen(uts.nodename) + 1 > a.size ||
	    user_copyout((void __user *)a.name, uts.nodename, strlen(uts.nodename) + 1))
		return WSAEFAULT;
	return 0;
}

/* Bytes as "1.2.3.4" or groups; the longest run of zero groups as "::". */
static void ip_text(const u8 *b, u32 len, char *out, size_t room)
{
	u32 best = 8, best_n = 1, run = 0;

	if (len == 4) {
		fmt_print(out, room, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
		return;
	}
	for (u32 i = 0; i < 8; i++) {
		run = get_be16(b + i * 2) ? 0 : run + 1;
		if (run > best_n) {
			best_n = run;
			best = i + 1 - run;
		}
	}
	*out = 0;
	for (u32 i = 0; i < 8; i++) {
		size_t n = strlen(out);

		if (i == best) {
			strlcat(out, "::", room);
			i += best_n - 1;
			continue;
		}
		fmt_print(out + n, room - n, n && out[n - 1] != ':' ? ":%x" : "%x", get_be16(b + i * 2));
	}
}

static ntstatus put_text(u64 to, u32 room, const char *text)
{
	u32 n = (u32)strlen(text) + 1;

	if (!to || !room)
		return 0;
	if (room < n)
		return BUFFER_TOO_SMALL;
	return user_copyout((void __user *)to, text, n) ? WSAEFAULT : 0;
}

/* Numbers only: no server is asked for the name of an address. */
ntstatus nt_getnameinfo(u64 args)
{
	struct { u64 addr; s32 len; u32 pad; u64 host; u32 host_len, pad2; u64 serv; u32 serv_len; s32 flags; } a;
	struct win_sockaddr sa = { 0 };
	char text[64];
	ntstatus s;
	u32 len;

	if (user_copyin(&a, (void __user *)args, sizeof(a)) || a.len < 16 ||
	    user_copyin(&sa, (void __user *)a.addr, min((size_t)a.len, sizeof(sa))))
		return WSAEFAULT;
	len = sa.family == WIN_INET ? 4 : sa.family == WIN_INET6 && a.len >= 28 ? 16 : 0;
	if (!len)
		return WSAEFAULT;
	if (a.flags & NI_NAMEREQUIRED)
		return WSAHOST_NOT_FOUND;
	ip_text(sa.rest + (len == 4 ? 0 : 4), len, text, sizeof(text));
	s = put_text(a.host, a.host_len, text);
	if (s)
		return s;
	fmt_print(text, sizeof(text), "%u", get_be16(&sa.port));
	return put_text(a.serv, a.serv_len, text);
}
