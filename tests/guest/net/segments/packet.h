/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP segments as the scripts write them, to bytes and back. For tcpscript.c. */
#pragma once

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME(want, got) ((want) == ANY || (want) == (got))
#define PACKET_MAX	66000
#define ANY		INT64_MIN	/* `*`, or not given */
#define WSCALE_ANY	255
#define HEAD4		20
#define HEAD6		40

enum { F_FIN = 1, F_SYN = 2, F_RST = 4, F_PSH = 8, F_ACK = 16, F_URG = 32, F_ECE = 64, F_CWR = 128 };

struct options {
	bool is_given, sackok;
	int64_t mss, wscale, tsval, tsecr;	/* ANY: none; tsval and tsecr: see has_ts */
	bool has_ts;
	int nsack;
	int64_t sack[4][2];
	bool has_fo;
	int nfo;			/* bytes of the cookie */
	uint8_t fo[16];
	int nraw;
	uint8_t raw[40];
};

/* Numbers are relative to the first sequence number of their side. */
struct segment {
	int flags;
	int64_t seq, ack, win, urg, ecn;
	int len;
	bool is_late, bad_sum;		/* is_late: delay counts */
	int delay_ms;
	struct options o;
};

static const char flag_letters[] = "FSRP.UEW";

static inline uint8_t pattern(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251 + (at >> 13));
}

static inline void options_clear(struct options *o)
{
	*o = (struct options){ .mss = ANY, .wscale = ANY, .tsval = ANY, .tsecr = ANY };
}

static inline int64_t number(const char *s)
{
	return *s == '*' ? ANY : strtoll(s, NULL, 0);
}

static inline int hex_bytes(const char *s, uint8_t *to, int max)
{
	int n = 0;
	unsigned v;

	while (n < max && sscanf(s, "%2x", &v) == 1) {
		to[n++] = (uint8_t)v;
		s += 2;
	}
	return n;
}

/* One word of a list of options and its value; false: unknown. */
static inline bool option_parse(struct options *o, char *name, char *value)
{
	char *colon = value ? strchr(value, ':') : NULL;

	if (!strcmp(name, "sackok")) {
		o->sackok = true;
	} else if (!strcmp(name, "fo")) {
		o->has_fo = true;
		o->nfo = value ? hex_bytes(value, o->fo, 16) : 0;
	} else if (!value) {
		return false;
	} else if (!strcmp(name, "mss")) {
		o->mss = number(value);
	} else if (!strcmp(name, "wscale")) {
		o->wscale = *value == '*' ? WSCALE_ANY : number(value);
	} else if (!strcmp(name, "ts") && colon) {
		o->has_ts = true;
		o->tsval = number(value);
		o->tsecr = number(colon + 1);
	} else if (!strcmp(name, "raw")) {
		o->nraw = hex_bytes(value, o->raw, 40);
	} else if (!strcmp(name, "sack") && o->nsack < 4) {
		char *dash = strchr(value + 1, '-');

		o->sack[o->nsack][0] = number(value);
		o->sack[o->nsack++][1] = dash ? number(dash + 1) : 0;
	} else {
		return false;
	}
	return true;
}

/* `mss 1460,sackok,ts 1:0`; changes @text. */
static inline bool options_parse(struct options *o, char *text)
{
	char *save = NULL;

	options_clear(o);
	o->is_given = true;
	for (char *item = strtok_r(text, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		char *inner = NULL, *name = strtok_r(item, " ", &inner);

		if (name && !option_parse(o, name, strtok_r(NULL, " ", &inner)))
			return false;
	}
	return true;
}

/* `S. 0(10) ack 1 win 100 <mss 1460> ~200`; changes @text. */
static inline bool segment_parse(struct segment *s, char *text)
{
	char *open = strchr(text, '<'), *close = open ? strchr(open, '>') : NULL, *save = NULL, *word, *paren;

	*s = (struct segment){ .seq = ANY, .ack = ANY, .win = ANY, .urg = ANY, .ecn = ANY };
	options_clear(&s->o);
	if (open) {
		if (!close)
			return false;
		*close = '\0';
		if (!options_parse(&s->o, open + 1))
			return false;
		*open = ' ';
		memset(open, ' ', (size_t)(close - open) + 1);
	}
	word = strtok_r(text, " ", &save);
	for (; word && *word; word++) {
		const char *at = strchr(flag_letters, *word);

		if (!at)
			return false;
		s->flags |= 1 << (at - flag_letters);
	}
	word = strtok_r(NULL, " ", &save);
	if (!word)
		return false;
	s->seq = number(word);
	paren = strchr(word, '(');
	s->len = paren ? atoi(paren + 1) : 0;
	while ((word = strtok_r(NULL, " ", &save))) {
		if (*word == '~') {
			s->is_late = true;
			s->delay_ms = atoi(word + 1);
		} else if (!strcmp(word, "badsum")) {
			s->bad_sum = true;
		} else if (!strcmp(word, "ect0")) {
			s->ecn = 2;
		} else if (!strcmp(word, "ect1")) {
			s->ecn = 1;
		} else if (!strcmp(word, "ce")) {
			s->ecn = 3;
		} else if (!strcmp(word, "noecn")) {
			s->ecn = 0;
		} else {
			char *value = strtok_r(NULL, " ", &save);

			if (!value)
				return false;
			if (!strcmp(word, "ack"))
				s->ack = number(value);
			else if (!strcmp(word, "win"))
				s->win = number(value);
			else if (!strcmp(word, "urg"))
				s->urg = number(value);
			else
				return false;
		}
	}
	return true;
}

static inline void segment_print(const struct segment *s, const char *what)
{
	char flags[9] = "";

	for (int i = 0, n = 0; i < 8; i++)
		if (s->flags & 1 << i)
			flags[n++] = flag_letters[i];
	printf("#   %s %s %lld(%d)", what, flags, (long long)s->seq, s->len);
	if (s->ack != ANY)
		printf(" ack %lld", (long long)s->ack);
	if (s->win != ANY)
		printf(" win %lld", (long long)s->win);
	if (s->urg != ANY && s->flags & F_URG)
		printf(" urg %lld", (long long)s->urg);
	if (s->ecn != ANY && s->ecn)
		printf(" ecn %lld", (long long)s->ecn);
	printf(" <");
	if (s->o.mss != ANY)
		printf("mss %lld,", (long long)s->o.mss);
	if (s->o.sackok)
		printf("sackok,");
	if (s->o.has_ts)
		printf("ts %lld:%lld,", (long long)s->o.tsval, (long long)s->o.tsecr);
	if (s->o.wscale != ANY)
		printf("wscale %lld,", (long long)s->o.wscale);
	for (int i = 0; i < s->o.nsack; i++)
		printf("sack %lld-%lld,", (long long)s->o.sack[i][0], (long long)s->o.sack[i][1]);
	if (s->o.has_fo)
		printf("fo of %d,", s->o.nfo);
	printf(">");
	if (s->is_late)
		printf(" ~%d", s->delay_ms);
	printf("\n");
}

/* ---- bytes ---- */

static inline uint8_t *put_be32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
	return p + 4;
}

static inline uint32_t get_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

static inline unsigned get_be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t sum_bytes(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get_be16(p + i);
	if (n & 1)
		sum += (uint32_t)p[n - 1] << 8;
	return sum;
}

static inline uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The options at @p, padded; @first: the side that SACKs speak of. */
static inline uint8_t *options_build(uint8_t *p, const struct options *o, uint32_t first)
{
	uint8_t *start = p;

	if (o->mss != ANY)
		p = put_be32(p, 0x02040000u | (uint32_t)(o->mss & 0xffff));
	if (o->sackok)
		p = put_be32(p, 0x01010402);
	if (o->has_ts) {
		p = put_be32(p, 0x0101080a);
		p = put_be32(p, (uint32_t)o->tsval);
		p = put_be32(p, (uint32_t)o->tsecr);
	}
	if (o->wscale != ANY)
		p = put_be32(p, 0x01030300u | (uint32_t)(o->wscale & 0xff));
	if (o->nsack) {
		p = put_be32(p, 0x01010500u | (2 + 8 * (uint32_t)o->nsack));
		for (int i = 0; i < o->nsack; i++) {
			p = put_be32(p, first + (uint32_t)o->sack[i][0]);
			p = put_be32(p, first + (uint32_t)o->sack[i][1]);
		}
	}
	if (o->has_fo) {
		*p++ = 34;
		*p++ = (uint8_t)(2 + o->nfo);
		memcpy(p, o->fo, (size_t)o->nfo);
		p += o->nfo;
	}
	memcpy(p, o->raw, (size_t)o->nraw);
	p += o->nraw;
	while ((p - start) & 3)
		*p++ = 1;
	return p;
}

static inline void options_read(struct options *o, const uint8_t *p, const uint8_t *end, uint32_t first)
{
	options_clear(o);
	o->is_given = true;
	while (p < end && *p) {
		unsigned n;

		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			break;
		n = p[1];
		if (p[0] == 2 && n == 4)
			o->mss = get_be16(p + 2);
		else if (p[0] == 3 && n == 3)
			o->wscale = p[2];
		else if (p[0] == 4)
			o->sackok = true;
		if (p[0] == 8 && n == 10) {
			o->has_ts = true;
			o->tsval = get_be32(p + 2);
			o->tsecr = get_be32(p + 6);
		}
		for (unsigned i = 2; p[0] == 5 && i + 8 <= n && o->nsack < 4; i += 8, o->nsack++) {
			o->sack[o->nsack][0] = (int32_t)(get_be32(p + i) - first);
			o->sack[o->nsack][1] = (int32_t)(get_be32(p + i + 4) - first);
		}
		if (p[0] == 34) {
			o->has_fo = true;
			o->nfo = (int)n - 2 > 16 ? 16 : (int)n - 2;
			memcpy(o->fo, p + 2, (size_t)o->nfo);
		}
		p += n;
	}
}

static inline bool options_match(const struct options *want, const struct options *got)
{
	if (!want->is_given)
		return true;
	if (want->sackok != got->sackok || want->has_ts != got->has_ts || want->nsack != got->nsack ||
	    want->has_fo != got->has_fo || (want->mss == ANY) != (got->mss == ANY))
		return false;
	if (want->has_ts && (!SAME(want->tsval, got->tsval) || !SAME(want->tsecr, got->tsecr)))
		return false;
	if (want->wscale != ANY && want->wscale != WSCALE_ANY && want->wscale != got->wscale)
		return false;
	if (want->wscale == ANY && got->wscale != ANY)
		return false;
	for (int i = 0; i < want->nsack; i++)
		if (want->sack[i][0] != got->sack[i][0] || want->sack[i][1] != got->sack[i][1])
			return false;
	return want->mss == got->mss && (!want->nfo || want->nfo == got->nfo);
}
