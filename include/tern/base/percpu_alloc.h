/* SPDX-License-Identifier: GPL-2.0-only */
/* Per-CPU memory allocated at run time; owner mm/percpu.c. */
#pragma once

#include <tern/base/types.h>

/**
 * percpu_alloc() - one zeroed object for every possible CPU
 * @size: bytes for one CPU, at most 32 KiB
 * @align: power of two, at most 64
 * Context: sleeps.
 * Return: a cookie: add percpu_base[cpu], or use as a %gs displacement; NULL
 *	if memory ran out.
 */
void *percpu_alloc(size_t size, size_t align);

/**
 * percpu_free() - give back percpu_alloc()'s memory
 * @cookie: from percpu_alloc(), or NULL
 * Context: any but NMI.
 */
void percpu_free(void *cookie);
