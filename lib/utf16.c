/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8 (RFC 3629) and UTF-16 (RFC 2781), strict in both directions. */
#include <tern/lib/utf16.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

static bool is_surrogate(u32 cp)
{
	return cp - 0xd800 < 0x800;
}

int utf8_next(const u8 **p, const u8 *end)
{
	static const u32 smallest[4] = { 0, 0x80, 0x800, 0x10000 };
	const u8 *s = (*p)++;
	unsigned more;
	u32 cp;

	if (*s < 0x80)
		return *s;
	if (*s < 0xc2 || *s > 0xf4)
		return -1;
	more = *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
	if ((size_t)(end - s) <= more)
		return -1;
	cp = *s & (0x3fU >> more);
	for (unsigned i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < smallest[more] || is_surrogate(cp) || cp > 0x10ffff)
		return -1;
	*p = s + 1 + more;
	return (int)cp;
}

unsigned utf8_put(u8 *out, u32 cp)
{
	if (cp < 0x80) {
		out[0] = (u8)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (u8)(0xc0 | cp >> 6);
		out[1] = (u8)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (is_surrogate(cp) || cp > 0x10ffff)
		return 0;
	if (cp < 0x10000) {
		out[0] = (u8)(0xe0 | cp >> 12);
		out[1] = (u8)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (u8)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (u8)(0xf0 | cp >> 18);
	out[1] = (u8)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (u8)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (u8)(0x80 | (cp & 0x3f));
	return 4;
}

ssize_t utf16_from_utf8(u16 *dst, size_t room, const char *src, size_t len)
{
	const u8 *p = (const u8 *)src, *end = p + len;
	size_t n = 0;

	while (p < end) {
		int cp = utf8_next(&p, end);
		unsigned units = cp >= 0x10000 ? 2 : 1;

		if (cp < 0)
			return -EILSEQ;
		if (n + units > room) {
			room = 0;
		} else if (units == 1) {
			dst[n] = (u16)cp;
		} else {
			dst[n] = (u16)(0xd7c0 + (cp >> 10));
			dst[n + 1] = (u16)(0xdc00 | (cp & 0x3ff));
		}
		n += units;
	}
	return (ssize_t)n;
}

ssize_t utf8_from_utf16(char *dst, size_t room, const u16 *src, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		u32 cp = src[i];
		unsigned bytes;
		u8 out[4];

		if (cp - 0xd800 < 0x400 && i + 1 < len && src[i + 1] - 0xdc00U < 0x400)
			cp = 0x10000 + ((cp - 0xd800) << 10) + (src[++i] - 0xdc00U);
		bytes = utf8_put(out, cp);
		if (!bytes)
			return -EILSEQ;
		if (n + bytes > room)
			room = 0;
		else
			memcpy(dst + n, out, bytes);
		n += bytes;
	}
	return (ssize_t)n;
}
