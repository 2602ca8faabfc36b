// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the domain name system: a question with one name, and the addresses out of an answer.
 *
 * Names are labels with their length before them; in an answer a name may go on
 * elsewhere in the message, always further to the front, so that reading one ends.
 */
#include <tern/lib/dns.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define HEAD		12
#define LABEL_MAX	63
#define POINTER		0xc0
#define CLASS_IN	1
#define TYPE_CNAME	5
#define FLAG_ANSWER	0x8000
#define FLAG_CUT	0x0200
#define FLAG_RECURSE	0x0100
#define WIRE_MAX	255
#define ALIASES_MAX	8

/* ---- names ---- */

static int put_name(u8 *out, const char *name)
{
	size_t n = strlen(name);
	u8 *p = out;

	if (n && name[n - 1] == '.')
		n--;
	if (!n || n > DNS_NAME_MAX)
		return -EINVAL;
	for (const char *end = name + n; name < end; name++) {
		u8 *len = p++;

		for (; name < end && *name != '.'; name++)
			*p++ = (u8)*name;
		if (p - len - 1 == 0 || p - len - 1 > LABEL_MAX)
			return -EINVAL;
		*len = (u8)(p - len - 1);
	}
	*p++ = 0;
	return (int)(p - out);
}

/* A name of the message in one piece; its length in @msg at @at (0: damaged). */
static size_t get_name(const u8 *msg, size_t len, size_t at, u8 out[WIRE_MAX])
{
	size_t start = at, used = 0, limit = at, n = 0;

	for (;;) {
		u8 c;

		if (at >= len)
			return 0;
		c = msg[at];
		if ((c & POINTER) == POINTER) {
			if (at + 2 > len)
				return 0;
			if (!used)
				used = at + 2 - start;
			at = (size_t)(c & ~POINTER) << 8 | msg[at + 1];
			if (at >= limit)
				return 0;
			limit = at;
			continue;
		}
		if (c > LABEL_MAX || at + 1 + c > len || n + 1 + c > WIRE_MAX)
			return 0;
		memcpy(out + n, msg + at, 1UL + c);
		n += 1UL + c;
		at += 1UL + c;
		if (!c)
			return used ? used : at - start;
	}
}

static u8 lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* Both whole, in one piece. */
static bool is_same(const u8 *a, const u8 *b)
{
	for (size_t at = 0; at < WIRE_MAX; at++) {
		if (lower(a[at]) != lower(b[at]))
			return false;
		/* Lengths are never letters: walking byte by byte finds the end as the labels do. */
		if (!a[at])
			return true;
	}
	return false;
}

/* ---- messages ---- */

int dns_question(u8 *out, u16 id, const char *name, u16 type)
{
	int n;

	memset(out, 0, HEAD);
	put_be16(out, id);
	put_be16(out + 2, FLAG_RECURSE);
	put_be16(out + 4, 1);
	n = put_name(out + HEAD, name);
	if (n < 0)
		return n;
	put_be16(out + HEAD + n, type);
	put_be16(out + HEAD + n + 2, CLASS_IN);
	return HEAD + n + 4;
}

struct record { u16 type, class, size; size_t data; };

/* The record at @at: its name in one piece, where it goes on (0: damaged). */
static size_t get_record(const u8 *msg, size_t len, size_t at, u8 name[WIRE_MAX], struct record *r)
{
	size_t n = get_name(msg, len, at, name);

	if (!n || len - at - n < 10)
		return 0;
	at += n;
	r->type = get_be16(msg + at);
	r->class = get_be16(msg + at + 2);
	r->size = get_be16(msg + at + 8);
	r->data = at + 10;
	return r->size > len - r->data ? 0 : r->data + r->size;
}

/* Addresses of @name among the answers; if there is an alias instead, @name becomes what it stands for. */
static int look_for(const u8 *msg, size_t len, size_t at, u16 type, u8 name[WIRE_MAX], struct dns_addr *out,
		    u32 room, struct dns_answer *a, bool *again)
{
	u32 want = type == DNS_TYPE_A ? 4 : 16;
	u8 owner[WIRE_MAX], alias[WIRE_MAX];
	struct record r;

	*again = false;
	for (u32 i = get_be16(msg + 6); i; i--) {
		at = get_record(msg, len, at, owner, &r);
		if (!at)
			return -EBADMSG;
		if (r.class != CLASS_IN || !is_same(owner, name))
			continue;
		if (r.type == type && r.size == want && a->n < room) {
			out[a->n].len = (u8)want;
			memcpy(out[a->n++].bytes, msg + r.data, want);
		} else if (r.type == TYPE_CNAME && !*again) {
			if (!get_name(msg, len, r.data, alias))
				return -EBADMSG;
			*again = true;
		}
	}
	*again = *again && !a->n;
	if (*again)
		memcpy(name, alias, sizeof(alias));
	return 0;
}

int dns_read_answer(const u8 *msg, size_t len, const u8 *query, size_t query_len, struct dns_addr *out, u32 room,
	      struct dns_answer *a)
{
	u8 name[WIRE_MAX] = { 0 }, asked[WIRE_MAX] = { 0 };
	bool again = true;
	size_t n;
	u16 type;

	*a = (struct dns_answer){ .code = DNS_OK };
	if (len < HEAD || query_len < HEAD || get_be16(msg) != get_be16(query) || !(get_be16(msg + 2) & FLAG_ANSWER))
		return -EBADMSG;
	n = get_name(query, query_len, HEAD, asked);
	if (!n || query_len - HEAD - n < 4)
		return -EBADMSG;
	type = get_be16(query + HEAD + n);
	if (get_be16(msg + 4) != 1)
		return -EBADMSG;
	n = get_name(msg, len, HEAD, name);
	if (!n || len - HEAD - n < 4 || !is_same(name, asked) || get_be16(msg + HEAD + n) != type)
		return -EBADMSG;
	a->code = msg[3] & 15;
	a->is_cut = get_be16(msg + 2) & FLAG_CUT;
	for (u32 i = 0; again && !a->code && i < ALIASES_MAX; i++) {
		int err = look_for(msg, len, HEAD + n + 4, type, name, out, room, a, &again);

		if (err)
			return err;
	}
	return 0;
}
