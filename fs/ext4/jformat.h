/* SPDX-License-Identifier: GPL-2.0-only */
/* The journal on disk (the JBD2 format): big-endian structures and numbers. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>
#include <tern/lib/bits.h>

#define EXT4_J_MAGIC		0xc03b3998u
#define EXT4_J_DESCRIPTOR	1u
#define EXT4_J_COMMIT		2u
#define EXT4_J_SUPER1		3u
#define EXT4_J_SUPER2		4u
#define EXT4_J_REVOKE		5u

struct ext4_jhead { u32 h_magic, h_type, h_sequence; } __packed;
struct ext4_jsuper {
	struct ext4_jhead head;
	u32 s_blocksize, s_maxlen, s_first;		/* 0x0c */
	u32 s_sequence, s_start, s_errno;		/* 0x18: first transaction in the log, its block, error */
	u32 s_compat, s_incompat, s_ro_compat;		/* 0x24 */
	u8 s_uuid[16];
	u32 s_nr_users, s_dynsuper, s_max_transaction, s_max_trans_data;	/* 0x40 */
	u8 s_checksum_type, s_pad2[3];
	u32 s_num_fc_blks, s_head;			/* 0x54 */
	u32 s_pad[40];
	u32 s_checksum;					/* 0xfc */
	u8 s_users[768];
} __packed;
static_assert(sizeof(struct ext4_jsuper) == 1024, "disk layout");
static_assert(offsetof(struct ext4_jsuper, s_checksum) == 0xfc, "disk layout");

#define EXT4_J_COMPAT_CHECKSUM	0x1u
#define EXT4_J_REVOKES		0x1u
#define EXT4_J_64BIT		0x2u
#define EXT4_J_ASYNC		0x4u
#define EXT4_J_CSUM_V2		0x8u
#define EXT4_J_CSUM_V3		0x10u
#define EXT4_J_FAST		0x20u
#define EXT4_J_KNOWN	(EXT4_J_REVOKES | EXT4_J_64BIT | EXT4_J_ASYNC | EXT4_J_CSUM_V2 | EXT4_J_CSUM_V3 | EXT4_J_FAST)

/* Tags of a descriptor block; the first is followed by 16 bytes of UUID. */
struct ext4_jtag3 { u32 t_block, t_flags, t_block_high, t_checksum; } __packed;
struct ext4_jtag { u32 t_block; u16 t_checksum, t_flags; u32 t_block_high; } __packed;
#define EXT4_JT_ESCAPE	0x1u	/* the block begins with the magic number, zeroed in the log */
#define EXT4_JT_SAME	0x2u	/* no UUID follows */
#define EXT4_JT_DELETED	0x4u
#define EXT4_JT_LAST	0x8u

struct ext4_jrevoke { struct ext4_jhead head; u32 r_count; } __packed;	/* bytes used; numbers follow */
struct ext4_jcommit {
	struct ext4_jhead head;
	u8 h_type, h_size, h_pad[2];
	u32 h_checksum[8];
	u64 h_sec;
	u32 h_nsec;
} __packed;

u32 ext4_j_super_csum(const struct ext4_jsuper *s);
/** ext4_j_tail_csum() - of a descriptor or revoke block, whose last 4 bytes hold it. */
u32 ext4_j_tail_csum(u32 seed, const void *block, u32 size);
u32 ext4_j_commit_csum(u32 seed, const void *block, u32 size);
u32 ext4_j_data_csum(u32 seed, u32 sequence, const void *block, u32 size);
static inline bool ext4_j_is(const void *block, u32 type, u32 seq)
{
	const struct ext4_jhead *h = block;

	return h->h_magic == be32_to_cpu(EXT4_J_MAGIC) && be32_to_cpu(h->h_type) == type &&
	       be32_to_cpu(h->h_sequence) == seq;
}
