/* SPDX-License-Identifier: GPL-2.0-only */
/* Signatures of module files (CMS, RFC 5652). Pure: no globals, no allocation. */
#pragma once

#include <tern/base/types.h>

/* Whose it is and what it is; both lead into the caller's memory. */
struct ko_signature {
	const u8 *serial, *sig;
	u32 serial_len, sig_len;
};

/** struct ko_key - a certificate's: its number, an RSA key; no bytes: there is none. */
struct ko_key {
	const u8 *serial, *modulus;
	u32 serial_len, len, exponent;
};

/**
 * ko_signature_parse() - the one signature of a detached SignedData
 * Return: 0, -EBADMSG malformed, -ENOPKG made in a way that is not known here.
 */
int ko_signature_parse(const u8 *der, u32 len, struct ko_signature *out);
/**
 * ko_signature_check() - did @key sign @data
 * Return: 0, -ENOKEY another did, -EKEYREJECTED the data or the signature was changed, and as above.
 */
int ko_signature_check(const struct ko_key *key, const u8 *data, u64 size, const u8 *der, u32 len);
