/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before every file under test on the build machine. The kernel's
 * own mem* and str* functions get other names here, so that they are what is
 * tested and the C library, which the sanitizers watch, stays itself.
 */
#pragma once

#define CONFIG_DEBUG_KERNEL 1
#define CONFIG_KTEST 1

#define memcpy	tern_memcpy
#define memmove	tern_memmove
#define memset	tern_memset
#define memcmp	tern_memcmp
#define memchr	tern_memchr
#define memrchr	tern_memrchr
#define memmem	tern_memmem
#define memscan	tern_memscan
#define mempcpy	tern_mempcpy
#define strlen	tern_strlen
#define strnlen	tern_strnlen
#define strcpy	tern_strcpy
#define strncpy	tern_strncpy
#define strlcpy	tern_strlcpy
#define strscpy	tern_strscpy
#define strcat	tern_strcat
#define strncat	tern_strncat
#define strlcat	tern_strlcat
#define strcmp	tern_strcmp
#define strncmp	tern_strncmp
#define strcasecmp	tern_strcasecmp
#define strncasecmp	tern_strncasecmp
#define strchr	tern_strchr
#define strchrnul	tern_strchrnul
#define strrchr	tern_strrchr
#define strstr	tern_strstr
#define strspn	tern_strspn
#define strcspn	tern_strcspn
#define strpbrk	tern_strpbrk
#define strsep	tern_strsep
#define strtoul	tern_strtoul
#define strtol	tern_strtol
#define strtoull	tern_strtoull
#define strtoll	tern_strtoll
