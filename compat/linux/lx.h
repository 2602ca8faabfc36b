/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vendor symbols: an LX_EXPORT line behind a definition offers it to modules.
 *
 *	LX_EXPORT(kfree)		function lx_kfree, checked against the vendor's prototype
 *	LX_EXPORT_ASM(__fentry__)	function lx___fentry__ of which no prototype is known
 *	LX_EXPORT_DATA(jiffies)		variable lx_jiffies
 *	LX_EXPORT_ALIAS(memcpy, memcpy)	a native function or variable that is the same thing
 *
 * scripts/gen-lx.py reads these lines and makes prototypes and checksums of them; a symbol that
 * the vendor's kernel does not export stops the build.
 */
#pragma once

#include <generated/lx_proto.h>

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct lx_export {
	const char *name;
	const void *addr;
	u32 crc;
	u32 is_gpl;		/* for modules with a compatible licence only */
};

/* The linker sorts the entries by section name, that is by symbol. */
#define LX_EXPORT_ENTRY(sym, what)						\
	static const struct lx_export lx_export_##sym __used			\
		__section(".tab.lx_export." #sym) __aligned(8) =		\
		{ #sym, (const void *)(what), LX_CRC_##sym, LX_GPL_##sym }

#define LX_EXPORT(sym)		LX_EXPORT_ENTRY(sym, lx_##sym)
#define LX_EXPORT_ASM(sym)	extern char lx_##sym[]; LX_EXPORT_ENTRY(sym, lx_##sym)
#define LX_EXPORT_DATA(sym)	LX_EXPORT_ENTRY(sym, &lx_##sym)
#define LX_EXPORT_ALIAS(sym, native) LX_EXPORT_ENTRY(sym, &(native))
