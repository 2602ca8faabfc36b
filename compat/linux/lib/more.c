// SPDX-License-Identifier: GPL-2.0-only
/* Identifiers in text, queues of bytes and programs, free runs of bits, warnings that are held back. */
#include "../lx.h"

#include "../runtime.h"

#include <asm/atomic.h>
#include <asm/cpu.h>
#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/lib/utf16.h>

#define UTF16_BIG	2u

void lx___copy_overflow(int size, size_t n) { kwarn("buffer overflow: %lu bytes into %d", n, size); }
LX_EXPORT(__copy_overflow);

int lx___printk_ratelimit(const char *fn)
{
	static struct lx_ratelimit_state state = { .interval = 5 * 250, .burst = 10 };

	return lx____ratelimit(&state, fn);
}
LX_EXPORT(__printk_ratelimit);

int lx_guid_parse(const char *text, struct lx_guid_t *out)
{
	static const u8 at[16] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34 };

	if (strnlen(text, 36) < 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
		return -EINVAL;
	for (u32 i = 0; i < 16; i++) {
		int hi = lx_hex_to_bin((u8)text[at[i]]), lo = lx_hex_to_bin((u8)text[at[i] + 1]);

		if (hi < 0 || lo < 0)
			return -EINVAL;
		out->b[i] = (u8)(hi << 4 | lo);
	}
	return 0;
}
LX_EXPORT(guid_parse);

int lx_utf16s_to_utf8s(const unsigned short *in, int n, unsigned int endian, unsigned char *out, int room)
{
	u16 unit;
	int done = 0;

	for (int i = 0; i < n && in[i] && done < room; i++) {
		char one[4];
		ssize_t len;

		unit = endian == UTF16_BIG ? (u16)(in[i] << 8 | in[i] >> 8) : in[i];
		len = utf8_from_utf16(one, sizeof(one), &unit, 1);
		if (len < 0 || done + len > room)
			break;
		memcpy(out + done, one, (size_t)len);
		done += (int)len;
	}
	return done;
}
LX_EXPORT(utf16s_to_utf8s);

int lx_bitmap_find_free_region(unsigned long *map, unsigned int bits, int order)
{
	u32 n = 1u << order;

	for (u32 at = 0; at + n <= bits; at += n) {
		u32 i;

		for (i = 0; i < n && !((map[(at + i) / 64] >> ((at + i) % 64)) & 1); i++)
			;
		if (i < n)
			continue;
		for (i = 0; i < n; i++)
			map[(at + i) / 64] |= BIT((at + i) % 64);
		return (int)at;
	}
	return -ENOMEM;
}
LX_EXPORT(bitmap_find_free_region);

/* ---- queues ---- */

int lx___kfifo_to_user(struct lx___kfifo *f, void *to, size_t n, unsigned int *copied)
{
	size_t size = (size_t)f->mask + 1, want = min(n / f->esize, (size_t)(f->in - f->out)), done = 0, left = 0;

	while (done < want && !left) {
		size_t at = (f->out + done) & f->mask, run = min(want - done, size - at);

		left = user_copyout_partial((u8 __user *)to + done * f->esize, (u8 *)f->data + at * f->esize,
					    run * f->esize);
		done += run - (left + f->esize - 1) / f->esize;
	}
	smp_mb();
	*copied = (unsigned int)(done * f->esize);
	f->out += (unsigned int)done;
	return left ? -EFAULT : 0;
}
LX_EXPORT(__kfifo_to_user);

int lx___kfifo_from_user(struct lx___kfifo *f, const void *from, size_t n, unsigned int *copied)
{
	size_t size = (size_t)f->mask + 1, room = size - (f->in - f->out), want = min(n / f->esize, room);
	size_t done = 0, left = 0;

	while (done < want && !left) {
		size_t at = (f->in + done) & f->mask, run = min(want - done, size - at);

		left = user_copyin_partial((u8 *)f->data + at * f->esize, (const u8 __user *)from + done * f->esize,
					   run * f->esize);
		done += run - (left + f->esize - 1) / f->esize;
	}
	smp_mb();
	*copied = (unsigned int)(done * f->esize);
	f->in += (unsigned int)done;
	return left ? -EFAULT : 0;
}
LX_EXPORT(__kfifo_from_user);

int lx_kstrtou16_from_user(const char *from, size_t n, unsigned int base, unsigned short *out)
{
	char text[24];

	n = min(n, sizeof(text) - 1);
	if (user_copyin(text, (const char __user *)from, n))
		return -EFAULT;
	text[n] = 0;
	return lx_kstrtou16(text, base, out);
}
LX_EXPORT(kstrtou16_from_user);

unsigned long long lx_int_pow(unsigned long long base, unsigned int n)
{
	unsigned long long result = 1;

	for (; n; n >>= 1, base *= base)
		if (n & 1)
			result *= base;
	return result;
}
LX_EXPORT(int_pow);

unsigned int lx__bcd2bin(unsigned char v) { return (v & 15u) + (v >> 4) * 10u; }
LX_EXPORT(_bcd2bin);

ssize_t lx_memory_read_from_buffer(void *to, size_t n, long long *pos, const void *from, size_t have)
{
	if (*pos < 0)
		return -EINVAL;
	if ((u64)*pos >= have)
		return 0;
	n = min(n, have - (size_t)*pos);
	memcpy(to, (const u8 *)from + *pos, n);
	*pos += (long long)n;
	return (ssize_t)n;
}
LX_EXPORT(memory_read_from_buffer);

/* Behind "[": does the set hold @c; *@end: behind "]". NULL @end's set is no set. */
static bool set_holds(const char *set, char c, const char **end)
{
	bool negate = *set == '!', found = false;
	const char *at = set + negate;

	do {
		char low = *at++, high = low;

		if (!low)
			return false;	/* never closed: "[" is an ordinary character */
		if (at[0] == '-' && at[1] != ']' && at[1]) {
			high = at[1];
			at += 2;
		}
		found |= (u8)c >= (u8)low && (u8)c <= (u8)high;
	} while (*at != ']');
	*end = at + 1;
	return found != negate;
}

/* "*", "?", "[a-z]" and "\" before a character that stands for itself. */
bool lx_glob_match(const char *pat, const char *text)
{
	const char *back_pat = NULL, *back_text = NULL;

	for (;;) {
		const char *next = pat + 1;
		bool fits = *text != '\0';

		if (*pat == '*') {
			back_pat = ++pat;
			back_text = text;
			continue;
		}
		if (!*pat && !*text)
			return true;
		if (*pat == '[' && *text) {
			next = NULL;
			fits = set_holds(pat + 1, *text, &next);
			if (!next) {
				next = pat + 1;
				fits = *text == '[';
			}
		} else if (*pat == '\\' && pat[1]) {
			fits = pat[1] == *text;
			next = pat + 2;
		} else if (*pat != '?') {
			fits = *pat && *pat == *text;
		}
		if (fits) {
			pat = next;
			text++;
		} else if (back_pat && *back_text) {
			pat = back_pat;
			text = ++back_text;
		} else {
			return false;
		}
	}
}
LX_EXPORT(glob_match);
