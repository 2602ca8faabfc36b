/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry's nodes: registry.c the tree and its changes, regquery.c questions, regfile.c the file. */
#pragma once

#include "../nt.h"

#define KEY_QUERY	0x1u
#define KEY_SET		0x2u
#define KEY_CREATE	0x4u
#define KEY_ENUMERATE	0x8u
#define VALUE_MAX	(1u << 20)
#define REG_SZ		1u
#define REG_DWORD	4u

struct reg_value {
	struct list link;
	u32 type, size;
	bool is_builtin;	/* as registry.tbl has it: not in the file */
	u32 name_len;
	u16 *name;		/* kmem */
	u8 *data;		/* kmem large */
};

struct reg_key {
	struct list link;	/* in parent->children, by name */
	struct reg_key *parent;	/* with a reference; NULL: root or deleted */
	struct list children, values;
	u32 refs;		/* handles and children */
	u32 nchildren, nvalues;
	s64 written;
	bool is_deleted;
	bool is_volatile;	/* and so is all below it */
	bool is_builtin;	/* of registry.tbl */
	u32 name_len;
	u16 name[];
};

struct nt_key {
	struct nt_object ob;
	struct reg_key *key;	/* with a reference */
};

extern struct rwsem nt_registry_lock;
/** nt_registry_root() - it is there from the start. */
struct reg_key *nt_registry_root(void);
/** nt_key_get() - the key object of a handle, with a reference. */
ntstatus nt_key_get(u64 handle, u32 access, struct nt_key **out);
/** nt_registry_value() - value of that name or NULL; lock held. */
struct reg_value *nt_registry_value(struct reg_key *k, const u16 *name, u32 len);
/** nt_registry_path() - the key of a path below the root, made where it is missing; lock held; NULL: no memory. */
struct reg_key *nt_registry_path(const u16 *path, u32 len, bool is_builtin);
/** nt_registry_set() - takes @data (kmem large) over; lock held. */
ntstatus nt_registry_set(struct reg_key *k, const u16 *name, u32 len, u32 type, u8 *data, u32 size);

/** nt_registry_load() - what the file holds is in the tree after the first call; sleeps. */
void nt_registry_load(void);
/** nt_registry_changed() - it is to be written to the file before long. */
void nt_registry_changed(void);
/** nt_registry_write() - write it now; 0 or -errno. */
int nt_registry_write(void);
