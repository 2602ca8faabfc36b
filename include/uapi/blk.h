/* SPDX-License-Identifier: GPL-2.0-only */
/* Block device ioctls, as user space sees them. */
#pragma once

#include <tern/base/types.h>


#define BLKROSET	0x125d
#define BLKROGET	0x125e
#define BLKRRPART	0x125f
#define BLKGETSIZE	0x1260
#define BLKFLSBUF	0x1261
#define BLKRASET	0x1262
#define BLKRAGET	0x1263
#define BLKFRASET	0x1264
#define BLKFRAGET	0x1265
#define BLKSECTGET	0x1267
#define BLKSSZGET	0x1268
#define BLKPG		0x1269
#define BLKBSZGET	0x80081270u
#define BLKBSZSET	0x40081271u
#define BLKGETSIZE64	0x80081272u
#define BLKDISCARD	0x1277
#define BLKIOMIN	0x1278
#define BLKIOOPT	0x1279
#define BLKALIGNOFF	0x127a
#define BLKPBSZGET	0x127b
#define BLKDISCARDZEROES 0x127c
#define BLKSECDISCARD	0x127d
#define BLKROTATIONAL	0x127e
#define BLKZEROOUT	0x127f
#define BLKGETDISKSEQ	0x80081280u
#define HDIO_GETGEO	0x0301

struct blkpg_arg {
	int op, flags, datalen;
	void *data;
};
#define BLKPG_ADD_PARTITION	1
#define BLKPG_DEL_PARTITION	2
#define BLKPG_RESIZE_PARTITION	3
struct blkpg_part {
	s64 start, length;	/* bytes */
	int pno;
	char devname[64], volname[64];
};

struct hd_geometry_u {
	u8 heads, sectors;
	u16 cylinders;
	u64 start;
};

/* ---- loop ---- */
#define LOOP_SET_FD		0x4c00
#define LOOP_CLR_FD		0x4c01
#define LOOP_SET_STATUS		0x4c02
#define LOOP_GET_STATUS		0x4c03
#define LOOP_SET_STATUS64	0x4c04
#define LOOP_GET_STATUS64	0x4c05
#define LOOP_CHANGE_FD		0x4c06
#define LOOP_SET_CAPACITY	0x4c07
#define LOOP_SET_DIRECT_IO	0x4c08
#define LOOP_SET_BLOCK_SIZE	0x4c09
#define LOOP_CONFIGURE		0x4c0a
#define LOOP_CTL_ADD		0x4c80
#define LOOP_CTL_REMOVE		0x4c81
#define LOOP_CTL_GET_FREE	0x4c82

#define LO_FLAGS_READ_ONLY	1u
#define LO_FLAGS_AUTOCLEAR	4u
#define LO_FLAGS_PARTSCAN	8u
#define LO_FLAGS_DIRECT_IO	16u

struct loop_info64 {
	u64 lo_device, lo_inode, lo_rdevice, lo_offset, lo_sizelimit;
	u32 lo_number, lo_encrypt_type, lo_encrypt_key_size, lo_flags;
	u8 lo_file_name[64], lo_crypt_name[64], lo_encrypt_key[32];
	u64 lo_init[2];
};
struct loop_config {
	u32 fd, block_size;
	struct loop_info64 info;
	u64 reserved[8];
};
