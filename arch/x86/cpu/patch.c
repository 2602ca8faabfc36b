// SPDX-License-Identifier: GPL-2.0-only
/* Boot-time patching of the SMAP sites (asm/linkage.h); before the image is write-protected. */
#include "../cpu_impl.h"

#include <tern/base/compiler.h>

struct smap_site {
	s32 at;			/* relative to itself */
	u32 byte;		/* third opcode byte: cb stac, ca clac */
};

extern const struct smap_site smap_sites_uaccess[], smap_sites_end_uaccess[];
extern const struct smap_site smap_sites_vectors[], smap_sites_end_vectors[];
extern u8 entry_has_fsgsbase;

static void __init patch(const struct smap_site *s, const struct smap_site *end)
{
	for (; s < end; s++) {
		u8 *insn = (u8 *)&s->at + s->at;

		insn[1] = 0x01;
		insn[2] = (u8)s->byte;
	}
}

void __init entry_patch_smap(void)
{
	entry_has_fsgsbase = cpu_has(FEAT_FSGSBASE);
	if (!cpu_has(FEAT_SMAP))
		return;
	patch(smap_sites_uaccess, smap_sites_end_uaccess);
	patch(smap_sites_vectors, smap_sites_end_vectors);
}
