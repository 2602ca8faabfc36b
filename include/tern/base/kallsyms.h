/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the kernel's own symbols, for backtraces and /proc/kallsyms.
 * Owner: kernel/log/kallsyms.c. The table is made by scripts/gen-kallsyms.py
 * and linked behind the rest of the image; nothing here allocates or locks.
 */
#pragma once

#include <tern/base/types.h>

/* One symbol, as ksym_lookup() and ksym_at() report it. */
struct ksym {
	uptr addr;		/* run-time address */
	const char *name;	/* lives as long as the kernel */
	char type;		/* nm's letter: T t D d B b R r */
};

/**
 * ksym_count() - number of symbols in the table
 * Context: any.
 * Return: symbols, ascending by address.
 */
u32 ksym_count(void);

/**
 * ksym_at() - the index-th symbol
 * @index: below ksym_count()
 * @out: filled in
 * Context: any.
 */
void ksym_at(u32 index, struct ksym *out);

/**
 * ksym_lookup() - symbol that contains an address
 * @addr: any value
 * @out: filled in if found
 * Context: any.
 * Return: true if @addr lies in the kernel image behind a known symbol, or in foreign code
 *	(foreign.h); then the caller is in an RCU section while it uses the name.
 */
bool ksym_lookup(uptr addr, struct ksym *out);

/**
 * ksym_addr() - address of a named symbol
 * @name: exact name
 * Context: any; linear in the number of symbols.
 * Return: the address, or 0 if there is none.
 */
uptr ksym_addr(const char *name);
