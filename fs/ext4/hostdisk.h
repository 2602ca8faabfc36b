/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk in memory for volume tests: made by mke2fs, checked by e2fsck. Writes
 * since the last flush may be lost or kept one by one when the power is cut.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** host_disk_make() - format; @args for mke2fs, @mib size. False: there is no mke2fs here. */
bool host_disk_make(const char *args, unsigned mib);
/** host_disk_load() / host_disk_save() - from and to the file that tools look at. */
bool host_disk_load(void);
void host_disk_save(void);
/** host_disk_run() - a shell command; %s in it is the image; its exit status. */
int host_disk_run(const char *fmt);
void host_disk_free(void);
uint64_t host_disk_bytes(void);
/** host_disk_cut() - the power goes: each write since the last flush stays with chance 1/2. */
void host_disk_cut(unsigned seed);
/** host_disk_track() - keep unflushed writes apart from now on. */
void host_disk_track(bool on);
/** host_disk_fail_after() - writes fail with EIO after @n more; -1: never. */
void host_disk_fail_after(long n);
/** host_disk_stop_after() - after @n more writes and flushes nothing reaches the disk; -1: never. */
void host_disk_stop_after(long n);
extern unsigned long host_disk_writes;
/** host_disk_data() - its contents, to change. */
uint8_t *host_disk_data(void);
