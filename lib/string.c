/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and string functions.
 *
 * Copies and fills move 64 bytes a round in 8-byte words at any alignment:
 * string instructions cost more per byte under emulation. The empty asm in a
 * loop stops the compiler from turning it back into a call of itself. Names in
 * parentheses are those that the header replaces by the compiler's own.
 */
#include <tern/lib/string.h>

#include <tern/lib/bits.h>
#include <uapi/errno.h>

#define ONES	0x0101010101010101UL
#define HIGHS	0x8080808080808080UL

/* 1..15 bytes, forwards or backwards alike: all loads come before the stores. */
static __always_inline void copy_small(u8 *d, const u8 *s, size_t n)
{
	if (n >= 8) {
		u64 a = get_le64(s), b = get_le64(s + n - 8);

		put_le64(d, a);
		put_le64(d + n - 8, b);
	} else if (n >= 4) {
		u32 a = get_le32(s), b = get_le32(s + n - 4);

		put_le32(d, a);
		put_le32(d + n - 4, b);
	} else if (n) {
		u8 a = s[0], b = s[n / 2], c = s[n - 1];

		d[0] = a;
		d[n / 2] = b;
		d[n - 1] = c;
	}
}

static __always_inline void copy_block32(u8 *d, const u8 *s)
{
	u64 a = get_le64(s), b = get_le64(s + 8), c = get_le64(s + 16), e = get_le64(s + 24);

	put_le64(d, a);
	put_le64(d + 8, b);
	put_le64(d + 16, c);
	put_le64(d + 24, e);
}

static __always_inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	while (n >= 64) {
		copy_block32(d, s);
		copy_block32(d + 32, s + 32);
		d += 64;
		s += 64;
		n -= 64;
		__asm__ volatile("" : "+r"(d), "+r"(s), "+r"(n) : : "memory");
	}
	while (n >= 16) {
		u64 a = get_le64(s), b = get_le64(s + 8);

		put_le64(d, a);
		put_le64(d + 8, b);
		d += 16;
		s += 16;
		n -= 16;
		__asm__ volatile("" : "+r"(d), "+r"(s), "+r"(n) : : "memory");
	}
	copy_small(d, s, n);
}

static void copy_backward(u8 *d, const u8 *s, size_t n)
{
	while (n >= 32) {
		n -= 32;
		copy_block32(d + n, s + n);
		__asm__ volatile("" : "+r"(n) : : "memory");
	}
	while (n >= 16) {
		u64 a, b;

		n -= 16;
		a = get_le64(s + n);
		b = get_le64(s + n + 8);
		put_le64(d + n, a);
		put_le64(d + n + 8, b);
		__asm__ volatile("" : "+r"(n) : : "memory");
	}
	copy_small(d, s, n);
}

__weak void *(memcpy)(void *dst, const void *src, size_t n)
{
	copy_forward(dst, src, n);
	return dst;
}

__weak void *(memmove)(void *dst, const void *src, size_t n)
{
	/* Forward copying is safe unless dst lies inside [src, src + n). */
	if ((uptr)dst - (uptr)src >= n)
		copy_forward(dst, src, n);
	else if (dst != src)
		copy_backward(dst, src, n);
	return dst;
}

__weak void *(memset)(void *dst, int c, size_t n)
{
	u64 v = (u8)c * ONES;
	u8 *d = dst;

	while (n >= 32) {
		put_le64(d, v);
		put_le64(d + 8, v);
		put_le64(d + 16, v);
		put_le64(d + 24, v);
		d += 32;
		n -= 32;
		__asm__ volatile("" : "+r"(d), "+r"(n) : : "memory");
	}
	while (n >= 8) {
		put_le64(d, v);
		d += 8;
		n -= 8;
		__asm__ volatile("" : "+r"(d), "+r"(n) : : "memory");
	}
	while (n) {
		*d++ = (u8)c;
		n--;
		__asm__ volatile("" : "+r"(d), "+r"(n) : : "memory");
	}
	return dst;
}

__weak int (memcmp)(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8; n -= 8, p += 8, q += 8) {
		u64 x = get_be64(p), y = get_be64(q);

		if (x != y)
			return x < y ? -1 : 1;
	}
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

__weak void *(memchr)(const void *mem, int c, size_t n)
{
	const u8 *p = mem;
	u64 v = (u8)c * ONES;

	for (; n >= 8; n -= 8, p += 8) {
		u64 x = get_le64(p) ^ v;

		x = (x - ONES) & ~x & HIGHS;
		if (x)
			return (void *)(p + bit_lowest(x) / 8);
	}
	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

bool mem_is_zero(const void *mem, size_t n)
{
	const u8 *p = mem;

	for (; n >= 32; n -= 32, p += 32) {
		if (get_le64(p) | get_le64(p + 8) | get_le64(p + 16) | get_le64(p + 24))
			return false;
	}
	for (; n; n--, p++) {
		if (*p)
			return false;
	}
	return true;
}

void mem_wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

__weak size_t (strlen)(const char *s)
{
	const char *p = s;

	while (*p) {
		p++;
		__asm__("" : "+r"(p));
	}
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

__weak int (strcmp)(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	while (n && *a && *a == *b) {
		a++;
		b++;
		n--;
	}
	return n ? (u8)*a - (u8)*b : 0;
}

int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, (size_t)-1);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		int x = char_lower((u8)*a), y = char_lower((u8)*b);

		if (x != y || !x)
			return x - y;
	}
	return 0;
}

char *strcpy(char *dst, const char *src)
{
	char *d = dst;

	while ((*d++ = *src++))
		;
	return dst;
}

char *strncpy(char *dst, const char *src, size_t n)
{
	size_t i = 0;

	for (; i < n && src[i]; i++)
		dst[i] = src[i];
	for (; i < n; i++)
		dst[i] = 0;
	return dst;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size) {
		size_t n = min(len, size - 1);

		memcpy(dst, src, n);
		dst[n] = 0;
	}
	return len;
}

ssize_t strscopy(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (n == size) {
		memcpy(dst, src, n - 1);
		dst[n - 1] = 0;
		return -E2BIG;
	}
	memcpy(dst, src, n);
	dst[n] = 0;
	return (ssize_t)n;
}

char *strcat(char *dst, const char *src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

size_t strlcat(char *dst, const char *src, size_t size)
{
	size_t used = strnlen(dst, size);

	return used + strlcpy(dst + used, src, size - used);
}

char *strchrnul(const char *s, int c)
{
	while (*s && *s != (char)c)
		s++;
	return (char *)s;
}

char *strchr(const char *s, int c)
{
	s = strchrnul(s, c);
	return *s == (char)c ? (char *)s : NULL;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}

char *strstr(const char *s, const char *needle)
{
	size_t n = strlen(needle);

	if (!n)
		return (char *)s;
	for (; (s = strchr(s, *needle)); s++) {
		if (!strncmp(s, needle, n))
			return (char *)s;
	}
	return NULL;
}

size_t strspn(const char *s, const char *accept)
{
	const char *p = s;

	while (*p && strchr(accept, *p))
		p++;
	return (size_t)(p - s);
}

size_t strcspn(const char *s, const char *reject)
{
	const char *p = s;

	while (*p && !strchr(reject, *p))
		p++;
	return (size_t)(p - s);
}

char *strpbrk(const char *s, const char *accept)
{
	s += strcspn(s, accept);
	return *s ? (char *)s : NULL;
}

char *strsep(char **sp, const char *delim)
{
	char *token = *sp, *end;

	if (!token)
		return NULL;
	end = strpbrk(token, delim);
	if (end)
		*end++ = 0;
	*sp = end;
	return token;
}

size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) ? 0 : n;
}

char *str_trim(char *s)
{
	size_t n;

	while (char_is_space((u8)*s))
		s++;
	n = strlen(s);
	while (n && char_is_space((u8)s[n - 1]))
		n--;
	s[n] = 0;
	return s;
}
