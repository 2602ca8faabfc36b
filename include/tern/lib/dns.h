/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to a name server and its answers (RFC 1035, 3596), as messages. */
#pragma once

#include <tern/base/types.h>

#define DNS_PORT	53
#define DNS_NAME_MAX	253	/* characters, without a dot at the end */
#define DNS_QUERY_MAX	512
#define DNS_TYPE_A	1
#define DNS_TYPE_AAAA	28

enum { DNS_OK = 0, DNS_FORMAT = 1, DNS_SERVER_FAILURE = 2, DNS_NO_SUCH_NAME = 3, DNS_REFUSED = 5 };

struct dns_addr { u8 len; u8 bytes[16]; };	/* 4 or 16 */

struct dns_answer {
	u8 code;		/* DNS_OK .. */
	bool is_cut;		/* there is more than the message could hold */
	u32 n;			/* addresses found, at most the room that was given */
};

/**
 * dns_question() - a question for the addresses of a name
 * @out: DNS_QUERY_MAX bytes
 * Return: length, or -EINVAL: no name of a host
 */
int dns_question(u8 *out, u16 id, const char *name, u16 type);

/**
 * dns_read_answer() - addresses in an answer
 * @query: the question it must answer, as dns_question() made it, @query_len bytes
 * Follows the aliases in it. Return: 0, or -EBADMSG: no answer to that question.
 */
int dns_read_answer(const u8 *msg, size_t len, const u8 *query, size_t query_len, struct dns_addr *out, u32 room,
	      struct dns_answer *a);
