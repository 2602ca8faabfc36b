/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel command line: words parted by blanks; double quotes protect
 * blanks, around the value or the whole word. "--" ends the kernel's part.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

/**
 * cmdline_next() - cut off the next word
 * @sp: in/out; the text is changed (quotes removed, NULs put in)
 * @name: out: the part before the first =
 * @value: out: the part behind it, without quotes; NULL if there is no =
 * Return: false at the end.
 */
bool cmdline_next(char **sp, char **name, char **value);

/**
 * cmdline_name_is() - compare names; - and _ are the same
 */
bool cmdline_name_is(const char *a, const char *b) __pure;

/**
 * cmdline_find() - find the last value of a parameter without changing the text
 * @line: the whole line
 * @name: what to look for
 * @value: out, @size bytes, cut to fit; "" for a bare word. May be NULL if 0.
 * Return: length of the whole value, -ENOENT if it does not occur before "--".
 */
ssize_t cmdline_find(const char *line, const char *name, char *value, size_t size);
