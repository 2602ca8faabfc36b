// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests of block.c on a disk of a virtio SCSI host.
 *
 * guest-disk: 64 scsi
 */
#define NAME	"sda"
#define P	""
#define UNKNOWN	EINVAL
#include "block.c"
