// SPDX-License-Identifier: GPL-2.0-only
#include "ko_sign.h"

#include <tern/base/err.h>
#include <tern/lib/rsa.h>
#include <tern/lib/string.h>

#define DER_INTEGER	0x02
#define DER_OCTETS	0x04
#define DER_OID		0x06
#define DER_SEQUENCE	0x30
#define DER_SET		0x31
#define DER_CONTEXT	0xa0	/* 0xa0, 0xa1: parts that may be there */

struct span { const u8 *at; u32 left; };

/* Take an element of type @tag off @s; its contents in @in, which may be @s. */
static bool take(struct span *s, u8 tag, struct span *in)
{
	struct span contents;
	u32 head = 2, len;

	if (s->left < 2 || s->at[0] != tag)
		return false;
	len = s->at[1];
	if (len & 0x80) {
		u32 n = len & 0x7f;

		if (!n || n > 3 || s->left < 2 + n)
			return false;
		len = 0;
		for (u32 i = 0; i < n; i++)
			len = len << 8 | s->at[2 + i];
		head += n;
	}
	if (len > s->left - head)
		return false;
	contents = (struct span){ s->at + head, len };
	s->at += head + len;
	s->left -= head + len;
	*in = contents;
	return true;
}

static bool take_oid(struct span *s, const u8 *want, u32 len)
{
	struct span oid;

	return take(s, DER_OID, &oid) && oid.left == len && !memcmp(oid.at, want, len);
}

static const u8 oid_signed[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
static const u8 oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };
static const u8 oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

/* Down to the set of signers. */
static bool find_signers(struct span s, struct span *signers)
{
	struct span part;

	if (!take(&s, DER_SEQUENCE, &s) || !take_oid(&s, oid_signed, sizeof(oid_signed)) ||
	    !take(&s, DER_CONTEXT, &s) || !take(&s, DER_SEQUENCE, &s) || !take(&s, DER_INTEGER, &part) ||
	    !take(&s, DER_SET, &part) || !take(&s, DER_SEQUENCE, &part))
		return false;
	(void)take(&s, DER_CONTEXT, &part);		/* certificates */
	(void)take(&s, DER_CONTEXT + 1, &part);		/* revocations */
	return take(&s, DER_SET, signers);
}

int ko_signature_parse(const u8 *der, u32 len, struct ko_signature *out)
{
	struct span signer, part, id;

	if (!find_signers((struct span){ der, len }, &signer) || !take(&signer, DER_SEQUENCE, &signer) ||
	    !take(&signer, DER_INTEGER, &part) || !take(&signer, DER_SEQUENCE, &id) ||
	    !take(&id, DER_SEQUENCE, &part) || !take(&id, DER_INTEGER, &id) || !take(&signer, DER_SEQUENCE, &part))
		return -EBADMSG;
	out->serial = id.at;
	out->serial_len = id.left;
	if (!take_oid(&part, oid_sha256, sizeof(oid_sha256)) || take(&signer, DER_CONTEXT, &part))
		return -ENOPKG;
	if (!take(&signer, DER_SEQUENCE, &part))
		return -EBADMSG;
	if (!take_oid(&part, oid_rsa, sizeof(oid_rsa)))
		return -ENOPKG;
	if (!take(&signer, DER_OCTETS, &part))
		return -EBADMSG;
	out->sig = part.at;
	out->sig_len = part.left;
	return 0;
}

int ko_signature_check(const struct ko_key *key, const u8 *data, u64 size, const u8 *der, u32 len)
{
	struct ko_signature s;
	u8 digest[SHA256_SIZE];
	int err = ko_signature_parse(der, len, &s);

	if (err)
		return err;
	if (!key->len || s.serial_len != key->serial_len || memcmp(s.serial, key->serial, s.serial_len))
		return -ENOKEY;
	sha256_hash(data, size, digest);
	return s.sig_len == key->len &&
	       rsa_verify_sha256(key->modulus, key->len, key->exponent, s.sig, digest) ? 0 : -EKEYREJECTED;
}
