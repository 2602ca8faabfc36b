// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts of programs: counted UTF-16. File names of Linux are bytes: what is no
 * UTF-8 in them becomes a lone low surrogate U+DC80 .. U+DCFF per byte and comes
 * back as that byte, so every name survives the way there and back.
 */
#include "../nt.h"

#include <tern/lib/utf16.h>

#define BYTE_BASE	0xdc00u

ntstatus nt_string_get(const struct nt_unicode_string __user *p, struct nt_string *out)
{
	struct nt_unicode_string u;

	*out = (struct nt_string){ NULL, 0 };
	if (!p)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyin(&u, p, sizeof(u)));
	out->len = u.length / 2;
	out->text = kmem_alloc(out->len * 2UL + 2, ALLOC_KERNEL);
	if (!out->text)
		return STATUS_NO_MEMORY;
	if (user_copyin(out->text, (void __user *)u.buffer, out->len * 2UL)) {
		kmem_free(out->text);
		*out = (struct nt_string){ NULL, 0 };
		return STATUS_ACCESS_VIOLATION;
	}
	out->text[out->len] = 0;
	return STATUS_SUCCESS;
}

char *nt_utf8(const u16 *text, u32 len)
{
	u8 *out = kmem_alloc(len * 3UL + 1, ALLOC_KERNEL), *p = out;

	if (!out)
		return NULL;
	for (u32 i = 0; i < len; i++) {
		u32 c = text[i];

		if ((c & 0xfc00) == 0xd800 && i + 1 < len && (text[i + 1] & 0xfc00) == 0xdc00)
			c = 0x10000 + ((c & 0x3ff) << 10) + (text[++i] & 0x3ff);
		if (c >= BYTE_BASE + 0x80 && c <= BYTE_BASE + 0xff)
			*p++ = (u8)(c - BYTE_BASE);
		else
			p += utf8_put(p, (c & 0xf800) == 0xd800 ? UTF_REPLACEMENT : c);
	}
	*p = 0;
	return (char *)out;
}

u16 *nt_utf16(const char *s, size_t n, u32 *len)
{
	const u8 *p = (const u8 *)s, *end = p + n;
	u16 *out = kmem_alloc(n * 2 + 2, ALLOC_KERNEL);
	u32 k = 0;

	if (!out)
		return NULL;
	while (p < end) {
		const u8 *at = p;
		int c = utf8_next(&p, end);

		if (c < 0) {
			out[k++] = (u16)(BYTE_BASE + *at);
			p = at + 1;
		} else if (c >= 0x10000) {
			out[k++] = (u16)(0xd800 + ((c - 0x10000) >> 10));
			out[k++] = (u16)(0xdc00 + ((c - 0x10000) & 0x3ff));
		} else {
			out[k++] = (u16)c;
		}
	}
	out[k] = 0;
	*len = k;
	return out;
}

/* Latin, Greek and Cyrillic: where capitals and small letters lie at fixed distances. */
u16 nt_upcase(u16 c)
{
	if (c < 0x80)
		return c >= 'a' && c <= 'z' ? c - 32 : c;
	if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3cb && c != 0x3c2) ||
	    (c >= 0x430 && c <= 0x44f))
		return c - 32;
	if (c == 0xff)
		return 0x178;
	if (c >= 0x450 && c <= 0x45f)
		return c - 80;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
	    (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) || (c >= 0x1e00 && c <= 0x1e95))
		return c == 0x131 ? c : c & ~1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c & 1 ? c : c - 1;
	return c;
}

int nt_compare(const u16 *a, u32 alen, const u16 *b, u32 blen)
{
	for (u32 i = 0; i < alen && i < blen; i++) {
		int d = nt_upcase(a[i]) - nt_upcase(b[i]);

		if (d)
			return d;
	}
	return alen < blen ? -1 : alen > blen;
}

bool nt_equal_ascii(const u16 *a, u32 alen, const char *s)
{
	for (; alen && *s; a++, alen--, s++)
		if (nt_upcase(*a) != nt_upcase((u8)*s))
			return false;
	return !alen && !*s;
}

ntstatus nt_attributes_get(const struct nt_object_attributes __user *p, struct nt_attributes *out)
{
	struct nt_object_attributes a;

	*out = (struct nt_attributes){ 0 };
	if (!p)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyin(&a, p, sizeof(a)));
	if (a.length != sizeof(a))
		return STATUS_INVALID_PARAMETER;
	out->root = a.root;
	out->flags = a.attributes;
	return nt_string_get((void __user *)a.name, &out->name);
}

void nt_attributes_put(struct nt_attributes *a)
{
	kmem_free(a->name.text);
}

ntstatus nt_reply(void __user *buf, u32 room, u32 __user *used, const void *data, u32 size)
{
	if (used && user_put(size, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < size)
		return STATUS_INFO_LENGTH_MISMATCH;
	return nt_copyout(buf, data, size);
}
