/* SPDX-License-Identifier: GPL-2.0-only */
/* LZ4 compression of one block; its opposite is unzip_lz4_block(). Pure; owner lib/lz4.c. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define LZ4_TABLE_BITS	11
/* Working memory; its contents before and after do not matter. */
struct lz4_work { u16 table[1 << LZ4_TABLE_BITS]; };

/**
 * lz4_compress_block() - compress up to 64 KiB - 1
 * @room: bytes at @dst
 * Return: bytes used, -ENOSPC if they do not suffice, -EINVAL if @len is too large.
 */
ssize_t lz4_compress_block(struct lz4_work *w, void *dst, size_t room, const void *src, size_t len) __must_check;
