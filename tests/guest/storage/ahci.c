// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests of block.c on a SATA disk.
 *
 * guest-disk: 64 ahci
 */
#define NAME	"sda"
#define P	""
#include "block.c"
