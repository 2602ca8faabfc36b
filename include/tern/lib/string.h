/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory and string functions with their C meanings, some BSD ones, and
 * number parsing. The kernel's mem* are weak: the architecture may replace
 * them. On the host all are renamed, so that tests run this code, not libc's.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#ifdef TERN_HOST
#include <string.h>
#include <strings.h>
#define memcpy		tern_memcpy
#define memmove		tern_memmove
#define memset		tern_memset
#define memcmp		tern_memcmp
#define memchr		tern_memchr
#define strlen		tern_strlen
#define strnlen		tern_strnlen
#define strcmp		tern_strcmp
#define strncmp		tern_strncmp
#define strcasecmp	tern_strcasecmp
#define strncasecmp	tern_strncasecmp
#define strcpy		tern_strcpy
#define strncpy		tern_strncpy
#define strlcpy		tern_strlcpy
#define strcat		tern_strcat
#define strlcat		tern_strlcat
#define strchr		tern_strchr
#define strchrnul	tern_strchrnul
#define strrchr		tern_strrchr
#define strstr		tern_strstr
#define strspn		tern_strspn
#define strcspn		tern_strcspn
#define strpbrk		tern_strpbrk
#define strsep		tern_strsep
#endif

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n) __pure;
void *memchr(const void *p, int c, size_t n) __pure;
size_t strlen(const char *s) __pure;
size_t strnlen(const char *s, size_t max) __pure;
int strcmp(const char *a, const char *b) __pure;
int strncmp(const char *a, const char *b, size_t n) __pure;
int strcasecmp(const char *a, const char *b) __pure;
int strncasecmp(const char *a, const char *b, size_t n) __pure;
char *strcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, size_t n);
char *strcat(char *dst, const char *src);
char *strchr(const char *s, int c) __pure;
char *strchrnul(const char *s, int c) __pure;
char *strrchr(const char *s, int c) __pure;
char *strstr(const char *s, const char *needle) __pure;
size_t strspn(const char *s, const char *accept) __pure;
size_t strcspn(const char *s, const char *reject) __pure;
char *strpbrk(const char *s, const char *accept) __pure;

/**
 * strlcpy() - copy a string, cut to fit, always terminated
 * @size: of @dst in bytes; 0 writes nothing
 * Return: length of @src; the copy was cut if that is >= @size.
 */
size_t strlcpy(char *dst, const char *src, size_t size);

/**
 * strscopy() - copy a string, cut to fit, always terminated
 * @size: of @dst in bytes; reads at most that many bytes of @src
 * Return: bytes copied without the NUL, -E2BIG if cut or @size is 0.
 */
ssize_t strscopy(char *dst, const char *src, size_t size);

/**
 * strlcat() - append, cut to fit in @size bytes in all
 * Return: the length that it tried to create.
 */
size_t strlcat(char *dst, const char *src, size_t size);

/**
 * strsep() - cut the next token off *@sp at one of @delim
 * @sp: in/out; becomes NULL after the last token
 * Return: the token, possibly empty; NULL when *@sp was NULL.
 */
char *strsep(char **sp, const char *delim);

/**
 * mem_is_zero() - are all @n bytes zero?
 */
bool mem_is_zero(const void *p, size_t n) __pure;

/**
 * mem_wipe() - zero secrets; never optimised away
 */
void mem_wipe(void *p, size_t n);

/**
 * str_has_prefix() - length of @prefix if @s begins with it, else 0
 */
size_t str_has_prefix(const char *s, const char *prefix) __pure;

/**
 * str_trim() - strip white space at both ends, in place
 * Return: the first byte that is not white space.
 */
char *str_trim(char *s);

/**
 * parse_u64() - read an unsigned number
 * @s: no leading blanks, no sign
 * @base: 2..36, or 0: 0x means 16, leading 0 means 8, else 10. With 16 an 0x
 *	prefix is skipped.
 * @out: the value
 * @end: may be NULL: then the whole string (one trailing newline allowed) must
 *	be the number; else the first byte after it
 * Return: 0, -EINVAL no digits or rest, -ERANGE too large.
 */
int parse_u64(const char *s, unsigned base, u64 *out, const char **end) __must_check;

/**
 * parse_s64() - as parse_u64() with an optional + or -
 */
int parse_s64(const char *s, unsigned base, s64 *out, const char **end) __must_check;

/**
 * parse_u32() - as parse_u64(), -ERANGE above 2^32 - 1
 */
int parse_u32(const char *s, unsigned base, u32 *out, const char **end) __must_check;

/**
 * parse_s32() - as parse_s64(), -ERANGE outside of int
 */
int parse_s32(const char *s, unsigned base, s32 *out, const char **end) __must_check;

/**
 * parse_bool() - 1/y/Y/yes/on/true or 0/n/N/no/off/false
 * Return: 0 or -EINVAL.
 */
int parse_bool(const char *s, bool *out) __must_check;

/**
 * parse_size() - a number with an optional K, M, G, T, P or E (powers of 1024)
 * @end: as in parse_u64()
 * Return: 0, -EINVAL, -ERANGE.
 */
int parse_size(const char *s, u64 *out, const char **end) __must_check;

static inline bool char_is_digit(int c) { return (unsigned)c - '0' < 10; }
static inline bool char_is_lower(int c) { return (unsigned)c - 'a' < 26; }
static inline bool char_is_upper(int c) { return (unsigned)c - 'A' < 26; }
static inline bool char_is_alpha(int c) { return ((unsigned)c | 32) - 'a' < 26; }
static inline bool char_is_alnum(int c) { return char_is_alpha(c) || char_is_digit(c); }
static inline bool char_is_space(int c) { return c == ' ' || (unsigned)c - '\t' < 5; }
static inline bool char_is_print(int c) { return (unsigned)c - 0x20 < 0x5f; }
static inline int char_lower(int c) { return char_is_upper(c) ? c + 32 : c; }
static inline int char_upper(int c) { return char_is_lower(c) ? c - 32 : c; }

/* Value of a digit in bases to 36, or -1. */
static inline int char_digit(int c)
{
	if (char_is_digit(c))
		return c - '0';
	return char_is_alpha(c) ? (c | 32) - 'a' + 10 : -1;
}

#ifndef TERN_HOST
/* -ffreestanding hides these from the compiler; small copies shall be inlined. */
#define memcpy(...)	__builtin_memcpy(__VA_ARGS__)
#define memmove(...)	__builtin_memmove(__VA_ARGS__)
#define memset(...)	__builtin_memset(__VA_ARGS__)
#define memcmp(...)	__builtin_memcmp(__VA_ARGS__)
#define strlen(...)	__builtin_strlen(__VA_ARGS__)
#define strcmp(...)	__builtin_strcmp(__VA_ARGS__)
#endif
