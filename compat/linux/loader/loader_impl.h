/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A loaded module. Life: module_create() reads and relocates it (UNFORMED), it is published
 * (COMING), init runs, then LIVE; delete_module(2) makes it GOING, exit runs, it is unpublished and
 * freed after a grace period. Readers in any context find it under RCU while it is published.
 *
 * Legend: I immutable once published, M module_lock, A atomic.
 */
#pragma once

#include "ko_parse.h"

#include "../lx.h"

#include <tern/base/lock.h>
#include <tern/base/rcu.h>
#include <tern/lib/list.h>
#include <tern/lib/seqbuf.h>

struct sysattr;
struct sysnode;
struct frame;
struct ksym;

enum { KO_LIVE = 0, KO_COMING = 1, KO_GOING = 2, KO_UNFORMED = 3 };	/* the vendor's numbers */

/* Entries of the tables in module files; all offsets are relative to their own place. */
struct ko_export { s32 value, name, space; };
struct ko_bug { s32 insn, file; u16 line, flags; };
struct ko_extable { s32 insn, fixup, data; };
struct ko_jump { s32 code, target; s64 key; };
struct ko_alt { s32 insn, replacement; u16 feature; u8 len, replacement_len; };

#define KO_BUG_WARNING	0x1u
#define KO_BUG_ONCE	0x2u
#define KO_BUG_DONE	0x4u
#define KO_BUG_NO_CUT	0x8u

struct ko_ksym { uptr addr; u32 name; char type; };

struct ko_exports { const struct ko_export *sym; const u32 *crc; u32 count; };

/* An edge: @user needs @used. Both ends under M. */
struct ko_need { struct list link; struct ko_module *used; };

struct ko_module {
	struct list link;		/* M, readers RCU: modules */
	struct lx_module *lx;		/* I the vendor's structure, inside the module's data */
	const char *name;		/* I lx->name */
	u8 *core, *init;		/* I blocks of memory; init NULL when freed */
	struct ko_layout layout;	/* I */
	void *percpu;			/* I cookie of its per-CPU data, NULL: none */
	struct list needs;		/* M of ko_need */
	u32 nusers;			/* M modules that need it */
	struct ko_exports exports[2];	/* I all, GPL only */
	const struct ko_extable *extable; u32 nextable;	/* I */
	struct ko_bug *bugs; u32 nbugs;			/* I */
	struct ko_jump *jumps; u32 njumps;		/* I */
	struct lx_kernel_param *params; u32 nparams;	/* I */
	struct ko_ksym *ksyms; u32 nksyms;		/* I sorted by address; names below */
	char *ksym_names;
	char *args;			/* I its parameters, as text; parameters may point into it */
	char *version, *srcversion;	/* I or NULL */
	struct sysnode *sysdir, *params_dir, *holders_dir;
	struct sysattr *param_attrs;	/* I nparams */
	u64 taints;			/* A */
	bool is_gpl;			/* I licence */
	bool is_dead;			/* code of it faulted: never unloaded */
	struct rcu_job rcu;
};

extern struct list modules;
extern struct kmutex module_lock;	/* LOCKRANK_MODULE: list, needs, states */

/* ---- load.c ---- */
/**
 * module_load() - init_module(2) with the file in memory
 * @args: text, consumed (also on failure)
 * @flags: MODULE_INIT_*
 */
int module_load(const void *file, u64 size, char *args, u32 flags);
/** module_unload() - delete_module(2). */
int module_unload(const char *name, u32 flags);
#define MODULE_INIT_IGNORE_MODVERSIONS	1u
#define MODULE_INIT_IGNORE_VERMAGIC	2u
#define MODULE_INIT_COMPRESSED		4u

/* ---- table.c ---- */
struct ko_module *module_find_locked(const char *name);
/** module_at() - the one whose memory holds @addr; RCU or M. */
struct ko_module *module_at(uptr addr);
bool module_owns(const struct ko_module *m, uptr addr);
/** module_need_locked() - @user needs @used from now on; 0, -ENOMEM, -ENOENT (going away). */
int module_need_locked(struct ko_module *user, struct ko_module *used);
void module_drop_needs_locked(struct ko_module *m);
/** module_refs() - references without the one for being loaded. */
int module_refs(const struct ko_module *m);
/** module_stop_if_unused() - no new references from now; false if there are some. */
bool module_stop_if_unused(struct ko_module *m);

/* ---- resolve.c ---- */
/** symbol_find() - of this kernel; NULL if it is not there. */
const struct lx_export *symbol_find(const char *name);
/**
 * resolve_symbol() - value of an undefined symbol of @m; takes a reference on the module that has it
 * Return: 0, -ENOENT nobody has it, -EINVAL other version.
 */
int resolve_symbol(struct ko_module *m, const struct ko_image *ko, const char *name, u32 flags, u64 *value);

/* ---- request.c ---- */
/** module_request() - have modprobe load what answers to @name; its status, or -errno. */
int module_request(const char *name);
extern bool modules_are_final;	/* kernel.modules_disabled: none comes or goes */

/* ---- patch.c ---- */
struct ko_fixups;
/** patch_code() - returns, call sites for tracing, alternatives; @where: new address of each section. */
int patch_code(const struct ko_image *ko, u8 *const *where);
/** patch_jumps() - each site of @m as its key says now. Before the memory is write-protected. */
int patch_jumps(struct ko_module *m);
/** text_poke() - replace @n <= 8 bytes of code that may run on any CPU now. Sleeps. */
int text_poke(uptr at, const u8 *bytes, u32 n);
/** text_poke_trap() - breakpoint of text_poke() in the way of @f. */
bool text_poke_trap(struct frame *f);

/* ---- params.c ---- */
/** params_parse() - "name=value ..." to the module's parameters; 0 or -errno. */
int params_parse(struct ko_module *m, char *args);
/** params_show() - the ones with a mode become files below @m->params_dir. */
int params_show(struct ko_module *m);

/* ---- show.c ---- */
int module_sysfs_add(struct ko_module *m);
void module_sysfs_remove(struct ko_module *m);
void module_holders_update_locked(struct ko_module *used, struct ko_module *user, bool add);
/** module_print_list() - /proc/modules. */
void module_print_list(struct seqbuf *sb, bool may_see);
const char *module_state_name(const struct ko_module *m);
void module_print_taints(const struct ko_module *m, struct seqbuf *sb);

