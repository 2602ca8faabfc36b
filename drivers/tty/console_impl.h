/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/tty: ports offer themselves as the system console. */
#pragma once

#include <tern/drivers/tty.h>
#include <tern/kernel/klog.h>

/**
 * console_port_add() - a port that console=NAMEn may choose
 * @t: its terminal
 * @name: "ttyS" or "tty"
 * @index: n
 * @con: kernel log output through it
 * Registers @con if the command line asks for it. Without any console= the first port is taken.
 */
void console_port_add(struct tty *t, const char *name, u32 index, struct kconsole *con);
