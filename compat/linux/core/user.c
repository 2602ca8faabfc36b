// SPDX-License-Identifier: GPL-2.0-only
/* Names of the routines in user_asm.S. Their range check makes the unchecked forms the same. */
#include "../lx.h"

#include <asm/cpufeature.h>
#include <tern/base/initcall.h>

extern bool lx_has_smap;
bool lx_has_smap __ro_after_init;
extern char lx___get_user_1[], lx___get_user_2[], lx___get_user_4[], lx___get_user_8[];
extern char lx___put_user_1[], lx___put_user_2[], lx___put_user_4[], lx___put_user_8[];

LX_EXPORT_ALIAS(__get_user_1, *lx___get_user_1);
LX_EXPORT_ALIAS(__get_user_2, *lx___get_user_2);
LX_EXPORT_ALIAS(__get_user_4, *lx___get_user_4);
LX_EXPORT_ALIAS(__get_user_8, *lx___get_user_8);
LX_EXPORT_ALIAS(__get_user_nocheck_1, *lx___get_user_1);
LX_EXPORT_ALIAS(__get_user_nocheck_2, *lx___get_user_2);
LX_EXPORT_ALIAS(__get_user_nocheck_4, *lx___get_user_4);
LX_EXPORT_ALIAS(__get_user_nocheck_8, *lx___get_user_8);
LX_EXPORT_ALIAS(__put_user_1, *lx___put_user_1);
LX_EXPORT_ALIAS(__put_user_2, *lx___put_user_2);
LX_EXPORT_ALIAS(__put_user_4, *lx___put_user_4);
LX_EXPORT_ALIAS(__put_user_8, *lx___put_user_8);
LX_EXPORT_ALIAS(__put_user_nocheck_1, *lx___put_user_1);
LX_EXPORT_ALIAS(__put_user_nocheck_2, *lx___put_user_2);
LX_EXPORT_ALIAS(__put_user_nocheck_4, *lx___put_user_4);
LX_EXPORT_ALIAS(__put_user_nocheck_8, *lx___put_user_8);

static int smap_init(void)
{
	lx_has_smap = cpu_has(FEAT_SMAP);
	return 0;
}
INITCALL(CORE, smap_init);

extern char lx_clear_user_bytes[];
LX_EXPORT_ALIAS(clear_user_erms, *lx_clear_user_bytes);
LX_EXPORT_ALIAS(clear_user_original, *lx_clear_user_bytes);
LX_EXPORT_ALIAS(clear_user_rep_good, *lx_clear_user_bytes);
