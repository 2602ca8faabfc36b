/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of kernel/bpf share. */
#pragma once

#include <tern/kernel/bpf.h>

/**
 * bpfprog_load() - check and number a program
 * @a: the caller's structure; its pointers are user's
 * Return: with a reference; ERR_PTR(-EFAULT, -EINVAL, -EACCES, -E2BIG, -EPERM, -ENOMEM). Sleeps.
 */
struct bpfprog *bpfprog_load(const struct bpf_load_attr *a);
/** bpf_may_load() - may thread_self load programs and see their instructions? */
bool bpf_may_load(void);
/** bpf_may_rule() - and rule over control groups by them? */
bool bpf_may_rule(void);
/** bpfprog_find() - by number, with a reference, or NULL. */
struct bpfprog *bpfprog_find(u32 id);
/** bpfprog_next_id() - the lowest number above @id; 0: none. */
u32 bpfprog_next_id(u32 id);
