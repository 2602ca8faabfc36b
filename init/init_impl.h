/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to init/. */
#pragma once

#include <tern/base/types.h>

/** cmdline_init() - take the boot loader's command line apart. */
void cmdline_init(const char *text);
/**
 * cmdline_init_args() - words that are not the kernel's go to init: n strings,
 * NULL-terminated arrays.
 */
void cmdline_init_args(char **argv, char **envp, size_t max);

/** userland_start() - thread function of pid 1: unpack, mount, exec. */
int userland_start(void *unused);

/** initramfs_unpack() - fill the root file system from the loader's archives (init/initramfs.c). */
int initramfs_unpack(void);
