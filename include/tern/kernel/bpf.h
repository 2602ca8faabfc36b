/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that user space loaded by bpf(2). Owner kernel/bpf; where they act is others':
 * kernel/cgroup/cgdevice.c.
 */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/rcu.h>
#include <tern/lib/ebpf.h>
#include <uapi/bpf.h>

struct seqbuf;

/* Everything is constant once it is loaded. */
struct bpfprog {
	refcount refs;			/* files, places where it is attached */
	u32 id;
	u32 type, attach_type;
	u32 n;				/* instructions */
	u8 tag[BPF_TAG_SIZE];		/* the first bytes of their SHA-1 */
	char name[BPF_OBJ_NAME_LEN];
	bool is_gpl;
	u64 load_time;			/* ns since boot */
	uid_t uid;			/* who loaded it */
	struct rcu_job rcu;
	struct ebpf_insn insns[];
};

static inline struct bpfprog *bpfprog_get(struct bpfprog *p)
{
	ref_get(&p->refs);
	return p;
}
/** bpfprog_put() - the last one frees after a grace period. Sleeps. */
void bpfprog_put(struct bpfprog *p);
/** bpfprog_print() - what /proc/PID/fdinfo says of its file. */
void bpfprog_print(const struct bpfprog *p, struct seqbuf *sb);
