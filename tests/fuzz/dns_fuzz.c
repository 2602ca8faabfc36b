/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers of name servers: whatever comes, only addresses of what was asked and no more than fit. */
#include "fuzz.h"

#include <tern/lib/dns.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define ROOM	3

static void read_as(const uint8_t *data, size_t size, u16 type)
{
	struct dns_addr found[ROOM + 1];
	u8 query[DNS_QUERY_MAX];
	struct dns_answer a;
	int n = dns_question(query, 7, "a.b", type), err;

	found[ROOM].len = 0x5a;
	err = dns_read_answer(data, size, query, (size_t)n, found, ROOM, &a);
	FUZZ_CHECK(!err || err == -EBADMSG);
	FUZZ_CHECK(a.n <= ROOM && found[ROOM].len == 0x5a);
	for (u32 i = 0; !err && i < a.n; i++)
		FUZZ_CHECK(found[i].len == (type == DNS_TYPE_A ? 4 : 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 query[DNS_QUERY_MAX];
	struct dns_addr found[ROOM];
	struct dns_answer a;
	char *name = malloc(size + 1);
	int n;

	read_as(data, size, DNS_TYPE_A);
	read_as(data, size, DNS_TYPE_AAAA);
	memcpy(name, data, size);
	name[size] = 0;
	n = dns_question(query, 1, name, DNS_TYPE_A);
	FUZZ_CHECK(n == -EINVAL || (n > 0 && n <= DNS_QUERY_MAX));
	/* A question is no answer. */
	FUZZ_CHECK(n < 0 || dns_read_answer(query, (size_t)n, query, (size_t)n, found, ROOM, &a) == -EBADMSG);
	free(name);
	return 0;
}
