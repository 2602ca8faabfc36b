/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/dns.h>

#include <tern/lib/string.h>

#include "test_impl.h"

static u8 query[DNS_QUERY_MAX];
static struct dns_addr found[4];
static struct dns_answer a;

TEST(lib_dns, questions)
{
	static const u8 wire[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\4tern\2os\0\0\x1c\0\1";
	char longest[DNS_NAME_MAX + 2];
	int n = dns_question(query, 0x1234, "www.tern.os", DNS_TYPE_AAAA);

	EXPECT_EQ(n, sizeof(wire) - 1);
	EXPECT_EQ(memcmp(query, wire, n), 0);
	EXPECT_EQ(dns_question(query, 0x1234, "www.tern.os.", DNS_TYPE_AAAA), n);
	EXPECT_EQ(dns_question(query, 1, "", DNS_TYPE_A), -EINVAL);
	EXPECT_EQ(dns_question(query, 1, ".", DNS_TYPE_A), -EINVAL);
	EXPECT_EQ(dns_question(query, 1, "a..b", DNS_TYPE_A), -EINVAL);
	EXPECT_EQ(dns_question(query, 1, ".a", DNS_TYPE_A), -EINVAL);
	memset(longest, 'a', sizeof(longest));
	longest[64] = 0;
	EXPECT_EQ(dns_question(query, 1, longest, DNS_TYPE_A), -EINVAL);
	longest[63] = 0;
	EXPECT_EQ(dns_question(query, 1, longest, DNS_TYPE_A) > 0, true);
	for (u32 i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'b';
	longest[DNS_NAME_MAX] = 0;
	EXPECT_EQ(dns_question(query, 1, longest, DNS_TYPE_A), 12 + 255 + 4);
	longest[DNS_NAME_MAX] = '.';
	longest[DNS_NAME_MAX + 1] = 0;
	EXPECT_EQ(dns_question(query, 1, longest, DNS_TYPE_A) > 0, true);
}

/* An alias, then two addresses of what it stands for, and another's; names by pointers, other case. */
static const u8 answer[] =
	"\0\7\x81\x80\0\1\0\4\0\0\0\0" "\1a\1b\0\0\1\0\1"
	"\xc0\x0c\0\5\0\1\0\0\0\0\0\4" "\1C\xc0\x0e"
	"\1c\xc0\x0e\0\1\0\1\0\0\0\0\0\4\x0a\1\2\3"
	"\xc0\x0e\0\1\0\1\0\0\0\0\0\4\x0a\x09\x09\x09"
	"\1c\1B\0\0\1\0\1\0\0\0\0\0\4\x0a\1\2\4";

TEST(lib_dns, answers)
{
	int n = dns_question(query, 7, "A.b", DNS_TYPE_A);

	EXPECT_EQ(dns_read_answer(answer, sizeof(answer) - 1, query, n, found, 4, &a), 0);
	EXPECT_EQ(a.code, DNS_OK);
	EXPECT_EQ(a.n, 2);
	EXPECT_EQ(found[0].len, 4);
	EXPECT_EQ(found[0].bytes[3], 3);
	EXPECT_EQ(found[1].bytes[3], 4);
	EXPECT_EQ(dns_read_answer(answer, sizeof(answer) - 1, query, n, found, 1, &a), 0);
	EXPECT_EQ(a.n, 1);
}

TEST(lib_dns, what_is_no_answer)
{
	static u8 msg[sizeof(answer)];
	int n = dns_question(query, 7, "a.b", DNS_TYPE_A);

	for (size_t len = 0; len < sizeof(answer) - 1; len++)
		EXPECT_EQ(dns_read_answer(answer, len, query, n, found, 4, &a), -EBADMSG);
	memcpy(msg, answer, sizeof(answer));
	msg[1] = 8;
	EXPECT_EQ(dns_read_answer(msg, sizeof(answer) - 1, query, n, found, 4, &a), -EBADMSG);
	memcpy(msg, answer, sizeof(answer));
	msg[2] = 1;
	EXPECT_EQ(dns_read_answer(msg, sizeof(answer) - 1, query, n, found, 4, &a), -EBADMSG);
	memcpy(msg, answer, sizeof(answer));
	msg[13] = 'x';
	EXPECT_EQ(dns_read_answer(msg, sizeof(answer) - 1, query, n, found, 4, &a), -EBADMSG);
	/* A pointer to itself. */
	memcpy(msg, answer, sizeof(answer));
	msg[22] = 0x15;
	EXPECT_EQ(dns_read_answer(msg, sizeof(answer) - 1, query, n, found, 4, &a), -EBADMSG);
	memcpy(msg, answer, sizeof(answer));
	msg[3] = 0x83;
	EXPECT_EQ(dns_read_answer(msg, sizeof(answer) - 1, query, n, found, 4, &a), 0);
	EXPECT_EQ(a.code, DNS_NO_SUCH_NAME);
	EXPECT_EQ(a.n, 0);
}
