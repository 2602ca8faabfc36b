/* SPDX-License-Identifier: GPL-2.0-only */
/* Prototypes of all system call entry functions, generated from their definitions. */
#pragma once
#include <tern/base/annotate.h>
#include <tern/base/err.h>
#include <tern/base/types.h>
#include <generated/syscalls.h>
