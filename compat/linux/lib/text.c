// SPDX-License-Identifier: GPL-2.0-only
/* Text: searching, hexadecimal, sizes for people. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

static const unsigned char ctype_u = 0x01, ctype_l = 0x02, ctype_d = 0x04, ctype_c = 0x08, ctype_p = 0x10,
	ctype_s = 0x20, ctype_x = 0x40, ctype_sp = 0x80;
static unsigned char lx__ctype[256];
LX_EXPORT_DATA(_ctype);

static unsigned char lx_byte_rev_table[256];
LX_EXPORT_DATA(byte_rev_table);

static const char lx_hex_asc[] = "0123456789abcdef", lx_hex_asc_upper[] = "0123456789ABCDEF";
LX_EXPORT_DATA(hex_asc);
LX_EXPORT_DATA(hex_asc_upper);

static unsigned char class_of(u32 c)
{
	unsigned char m = 0;

	if (c < 0x80) {
		m |= char_is_upper((int)c) ? ctype_u : 0;
		m |= char_is_lower((int)c) ? ctype_l : 0;
		m |= char_is_digit((int)c) ? ctype_d : 0;
		m |= char_digit((int)c) >= 10 && char_digit((int)c) < 16 ? ctype_x : 0;
		m |= c < 0x20 || c == 0x7f ? ctype_c : 0;
		m |= char_is_space((int)c) ? ctype_s : 0;
		m |= c == ' ' ? ctype_sp : 0;
		m |= c > ' ' && c < 0x7f && !char_is_alnum((int)c) ? ctype_p : 0;
		return m;
	}
	if (c == 0xa0)
		return ctype_s | ctype_sp;
	if (c > 0xa0 && c < 0xc0)
		return ctype_p;
	if (c == 0xd7 || c == 0xf7)
		return ctype_p;
	return c >= 0xdf ? ctype_l : c >= 0xc0 ? ctype_u : 0;
}

static int tables_init(void)
{
	for (u32 c = 0; c < 256; c++) {
		lx__ctype[c] = class_of(c);
		for (u32 bit = 0; bit < 8; bit++)
			if (c & (1u << bit))
				lx_byte_rev_table[c] |= (unsigned char)(0x80u >> bit);
	}
	return 0;
}
INITCALL(CORE, tables_init);

int lx_match_string(const char **words, unsigned long n, const char *text)
{
	for (unsigned long i = 0; i < n && words[i]; i++)
		if (!strcmp(words[i], text))
			return (int)i;
	return -EINVAL;
}
LX_EXPORT(match_string);

char *lx_skip_spaces(const char *s)
{
	while (char_is_space(*s))
		s++;
	return (char *)s;
}
LX_EXPORT(skip_spaces);

char *lx_strnchr(const char *s, size_t n, int c)
{
	for (; n-- && *s; s++)
		if (*s == (char)c)
			return (char *)s;
	return NULL;
}
LX_EXPORT(strnchr);

char *lx_strnstr(const char *s, const char *needle, size_t n)
{
	size_t len = strlen(needle);

	for (; n >= len; n--, s++)
		if (!memcmp(s, needle, len))
			return (char *)s;
	return NULL;
}
LX_EXPORT(strnstr);

/* First byte of @c, or the end of the area. */
void *lx_memscan(void *p, int c, size_t n)
{
	u8 *at = p;

	while (n-- && *at != (u8)c)
		at++;
	return at;
}
LX_EXPORT(memscan);

void *lx_memchr_inv(const void *p, int c, size_t n)
{
	for (const u8 *at = p; n--; at++)
		if (*at != (u8)c)
			return (void *)at;
	return NULL;
}
LX_EXPORT(memchr_inv);

int lx_hex_to_bin(unsigned char c)
{
	int d = char_digit(c);

	return d < 16 ? d : -1;
}
LX_EXPORT(hex_to_bin);

int lx_hex2bin(u8 *out, const char *s, size_t n)
{
	for (; n--; s += 2) {
		int hi = lx_hex_to_bin((unsigned char)s[0]), lo = hi < 0 ? -1 : lx_hex_to_bin((unsigned char)s[1]);

		if (hi < 0 || lo < 0)
			return -EINVAL;
		*out++ = (u8)(hi << 4 | lo);
	}
	return 0;
}
LX_EXPORT(hex2bin);

char *lx_bin2hex(char *out, const void *p, size_t n)
{
	for (const u8 *at = p; n--; at++) {
		*out++ = lx_hex_asc[*at >> 4];
		*out++ = lx_hex_asc[*at & 15];
	}
	return out;
}
LX_EXPORT(bin2hex);

void lx_print_hex_dump(const char *level, const char *prefix, int kind, int row, int group, const void *buf,
		       size_t n, bool ascii)
{
	char line[3 * 32 + 1];

	row = row == 32 ? 32 : 16;
	for (size_t at = 0; at < n; at += (size_t)row) {
		size_t len = 0;

		for (size_t i = at; i < n && i < at + (size_t)row; i++)
			len += (size_t)fmt_put(line + len, sizeof(line) - len, "%02x ", ((const u8 *)buf)[i]);
		if (kind == 2)
			klog(KLOG_DEBUG, "%s%08lx: %s", prefix, at, line);
		else
			klog(KLOG_DEBUG, "%s%s", prefix, line);
	}
}
LX_EXPORT(print_hex_dump);

/* One row: groups of bytes as numbers, then perhaps as characters; as many as would be written. */
int lx_hex_dump_to_buffer(const void *buf, size_t n, int row, int group, char *out, size_t room, bool ascii)
{
	const u8 *at = buf;
	size_t done = 0, column;

	row = row == 32 ? 32 : 16;
	n = min(n, (size_t)row);
	if (group <= 0 || group > 8 || (group & (group - 1)) || n % (size_t)group)
		group = 1;
	column = (size_t)row * 2 + (size_t)(row / group) + 1;
	for (size_t i = 0; i < n; i += (size_t)group) {
		if (i)
			done += (size_t)fmt_print(out + min(done, room), room - min(done, room), " ");
		for (size_t j = (size_t)group; j--; )	/* little endian: the last byte comes first */
			done += (size_t)fmt_print(out + min(done, room), room - min(done, room), "%02x", at[i + j]);
	}
	while (ascii && done < column)
		done += (size_t)fmt_print(out + min(done, room), room - min(done, room), " ");
	for (size_t i = 0; ascii && i < n; i++)
		done += (size_t)fmt_print(out + min(done, room), room - min(done, room), "%c",
					  at[i] >= ' ' && at[i] < 127 ? at[i] : '.');
	if (!n && room)
		*out = '\0';
	return (int)done;
}
LX_EXPORT(hex_dump_to_buffer);

/* "10.7 GB" or "10.0 GiB": three digits. */
void lx_string_get_size(unsigned long long size, unsigned long long block, const unsigned int units, char *buf, int len)
{
	static const char *const names[2][7] = {
		{ "B", "kB", "MB", "GB", "TB", "PB", "EB" }, { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" },
	};
	u64 step = units ? 1024 : 1000, bytes = size * block, rest = 0;
	u32 i = 0;

	for (; bytes >= step && i < 6; i++) {
		rest = bytes % step;
		bytes /= step;
	}
	rest = rest * 100 / step;
	if (!i || bytes >= 100)
		fmt_put(buf, (size_t)len, "%lu %s", bytes, names[units & 1][i]);
	else if (bytes >= 10)
		fmt_put(buf, (size_t)len, "%lu.%lu %s", bytes, rest / 10, names[units & 1][i]);
	else
		fmt_put(buf, (size_t)len, "%lu.%02lu %s", bytes, rest, names[units & 1][i]);
}
LX_EXPORT(string_get_size);
