/* SPDX-License-Identifier: GPL-2.0-only */
/* Checking RSA signatures over SHA-256 (RFC 8017, RSASSA-PKCS1-v1_5). */
#pragma once

#include <tern/lib/sha256.h>

#define RSA_BYTES_MIN	128u
#define RSA_BYTES_MAX	512u	/* 4096 bits */

/**
 * rsa_verify_sha256() - is @sig the key's signature of a text with @digest
 * @modulus: @len bytes, the highest first, not zero; a multiple of eight of them
 * @exponent: the public one, odd
 * @sig: @len bytes
 */
bool rsa_verify_sha256(const u8 *modulus, u32 len, u32 exponent, const u8 *sig, const u8 digest[SHA256_SIZE]);
