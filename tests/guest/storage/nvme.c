// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests of block.c on an NVMe disk.
 *
 * guest-disk: 64 nvme
 */
#define NAME	"nvme0n1"
#define P	"p"
#include "block.c"
