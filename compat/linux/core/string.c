// SPDX-License-Identifier: GPL-2.0-only
/* Memory and string functions. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

LX_EXPORT_ALIAS(memcpy, memcpy);
LX_EXPORT_ALIAS(memmove, memmove);
LX_EXPORT_ALIAS(memset, memset);
LX_EXPORT_ALIAS(memcmp, memcmp);
LX_EXPORT_ALIAS(memchr, memchr);
LX_EXPORT_ALIAS(strlen, strlen);
LX_EXPORT_ALIAS(strnlen, strnlen);
LX_EXPORT_ALIAS(strcmp, strcmp);
LX_EXPORT_ALIAS(strncmp, strncmp);
LX_EXPORT_ALIAS(strcasecmp, strcasecmp);
LX_EXPORT_ALIAS(strncasecmp, strncasecmp);
LX_EXPORT_ALIAS(strcpy, strcpy);
LX_EXPORT_ALIAS(strncpy, strncpy);
LX_EXPORT_ALIAS(strlcpy, strlcpy);
LX_EXPORT_ALIAS(strcat, strcat);
LX_EXPORT_ALIAS(strlcat, strlcat);
LX_EXPORT_ALIAS(strchr, strchr);
LX_EXPORT_ALIAS(strchrnul, strchrnul);
LX_EXPORT_ALIAS(strrchr, strrchr);
LX_EXPORT_ALIAS(strstr, strstr);
LX_EXPORT_ALIAS(strspn, strspn);
LX_EXPORT_ALIAS(strcspn, strcspn);
LX_EXPORT_ALIAS(strpbrk, strpbrk);
LX_EXPORT_ALIAS(strsep, strsep);
LX_EXPORT_ALIAS(strscpy, strscopy);
LX_EXPORT_ALIAS(strim, str_trim);

/* The compiler found that a copy would leave its object: never goes on. */
void lx_fortify_panic(const char *name)
{
	kerr("module code overruns a buffer in %s", name);
	BUG();
}
LX_EXPORT(fortify_panic);
