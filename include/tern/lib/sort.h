/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorting and searching. */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/list.h>

/* Below zero, zero, above zero as @a comes before, with, after @b. */
typedef int sort_compare_t(const void *a, const void *b, void *ctx);

/**
 * sort_array() - sort in place, n log n at worst, no memory; not stable
 * @base: @n elements of @size bytes
 */
void sort_array(void *base, size_t n, size_t size, sort_compare_t *compare, void *ctx);

/**
 * sort_find() - binary search in a sorted array
 * @key: first argument of @compare
 * Return: an element that compares equal, or NULL.
 */
void *sort_find(const void *key, const void *base, size_t n, size_t size,
		sort_compare_t *compare, void *ctx);

/* As sort_compare_t, for two entries of a list. */
typedef int sort_list_compare_t(const struct list *a, const struct list *b, void *ctx);

/**
 * sort_list() - stable merge sort of a list, n log n, no memory
 */
void sort_list(struct list *head, sort_list_compare_t *compare, void *ctx);
