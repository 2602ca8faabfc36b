/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf(2): what is known of it here. Linux 6.1's layouts. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define BPF_PROG_LOAD		5
#define BPF_PROG_ATTACH		8
#define BPF_PROG_DETACH		9
#define BPF_PROG_GET_NEXT_ID	11
#define BPF_PROG_GET_FD_BY_ID	13
#define BPF_OBJ_GET_INFO_BY_FD	15
#define BPF_PROG_QUERY		16

#define BPF_PROG_TYPE_CGROUP_DEVICE	15
#define BPF_CGROUP_DEVICE		6	/* where to attach */
#define BPF_ATTACH_TYPES		43

#define BPF_OBJ_NAME_LEN	16
#define BPF_TAG_SIZE		8

/* prog_flags */
#define BPF_F_STRICT_ALIGNMENT	0x1u
#define BPF_F_ANY_ALIGNMENT	0x2u
/* attach_flags */
#define BPF_F_ALLOW_OVERRIDE	0x1u
#define BPF_F_ALLOW_MULTI	0x2u
#define BPF_F_REPLACE		0x4u
/* query_flags */
#define BPF_F_QUERY_EFFECTIVE	0x1u

struct bpf_load_attr {
	u32 prog_type, insn_cnt;
	u64 insns, license;
	u32 log_level, log_size;
	u64 log_buf;
	u32 kern_version, prog_flags;
	char name[BPF_OBJ_NAME_LEN];
	u32 ifindex, expected_attach_type;
	u32 btf_fd, func_info_size;
	u64 func_info;
	u32 func_info_cnt, line_info_size;
	u64 line_info;
	u32 line_info_cnt, attach_btf_id, attach_prog_fd, core_relo_cnt;
	u64 fd_array, core_relos;
	u32 core_relo_size, pad;
};
static_assert(sizeof(struct bpf_load_attr) == 144, "wire");

struct bpf_attach_attr { u32 target_fd, prog_fd, attach_type, flags, replace_fd; };

struct bpf_query_attr {
	u32 target_fd, attach_type, query_flags, attach_flags;
	u64 prog_ids;
	u32 prog_cnt, pad;
	u64 prog_attach_flags;
};

struct bpf_id_attr { u32 id, next_id, open_flags; };
struct bpf_info_attr { u32 fd, info_len; u64 info; };

struct bpf_prog_info_ {
	u32 type, id;
	u8 tag[BPF_TAG_SIZE];
	u32 jited_len, xlated_len;
	u64 jited_insns, xlated_insns, load_time;
	u32 created_by_uid, nr_map_ids;
	u64 map_ids;
	char name[BPF_OBJ_NAME_LEN];
	u32 ifindex, gpl_compatible;
	u64 netns_dev, netns_ino;
	u32 nr_jited_ksyms, nr_jited_func_lens;
	u64 jited_ksyms, jited_func_lens;
	u32 btf_id, func_info_rec_size;
	u64 func_info;
	u32 nr_func_info, nr_line_info;
	u64 line_info, jited_line_info;
	u32 nr_jited_line_info, line_info_rec_size, jited_line_info_rec_size, nr_prog_tags;
	u64 prog_tags, run_time_ns, run_cnt, recursion_misses;
	u32 verified_insns, attach_btf_obj_id, attach_btf_id, pad;
};
static_assert(sizeof(struct bpf_prog_info_) == 232, "wire");

/* What a program judges that says which devices may be used. */
struct bpf_device_ctx {
	u32 access_type;	/* BPF_DEV_* | BPF_ACC_* << 16 */
	u32 major, minor;
};
#define BPF_DEV_BLOCK	1u
#define BPF_DEV_CHAR	2u
#define BPF_ACC_MKNOD	1u
#define BPF_ACC_READ	2u
#define BPF_ACC_WRITE	4u
