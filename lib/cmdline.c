/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the kernel command line. */
#include <tern/lib/cmdline.h>

#include <tern/lib/string.h>
#include <uapi/errno.h>

/* A word by its parts, outer quotes left out. */
struct word {
	const char *name, *name_end;
	const char *value, *value_end;	/* NULL: no = */
	const char *next;		/* where to go on */
};

/* An opening quote of the value, and the closing one of value or word. */
static void trim_quotes(const char **from, const char **to, bool was_opened)
{
	if (!was_opened && *from < *to && **from == '"') {
		(*from)++;
		was_opened = true;
	}
	if (was_opened && *to > *from && (*to)[-1] == '"')
		(*to)--;
}

static bool find_word(const char *s, struct word *w)
{
	const char *equals = NULL;
	bool is_open, was_opened;

	while (char_is_space((u8)*s))
		s++;
	if (!*s)
		return false;
	was_opened = is_open = *s == '"';
	s += is_open;
	w->name = s;
	for (; *s && (is_open || !char_is_space((u8)*s)); s++) {
		if (*s == '"')
			is_open = !is_open;
		else if (*s == '=' && !equals)
			equals = s;
	}
	w->next = *s ? s + 1 : s;
	w->name_end = equals ? equals : s;
	w->value = equals ? equals + 1 : NULL;
	w->value_end = s;
	if (equals)
		trim_quotes(&w->value, &w->value_end, was_opened);
	else
		trim_quotes(&w->name, &w->name_end, was_opened);
	return true;
}

bool cmdline_next(char **sp, char **name, char **value)
{
	struct word w;

	if (!find_word(*sp, &w))
		return false;
	*sp = (char *)w.next;
	*name = (char *)w.name;
	*value = (char *)w.value;
	*(char *)w.name_end = 0;
	if (w.value)
		*(char *)w.value_end = 0;
	return true;
}

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

bool cmdline_name_is(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) == fold(*b);
}

/* Is [p, end) the name, - and _ being the same? */
static bool is_name(const char *p, const char *end, const char *name)
{
	while (p < end && *name && fold(*p) == fold(*name)) {
		p++;
		name++;
	}
	return p == end && !*name;
}

ssize_t cmdline_find(const char *line, const char *name, char *value, size_t size)
{
	ssize_t found = -ENOENT;
	struct word w;

	for (; find_word(line, &w); line = w.next) {
		size_t len, n;

		if (!w.value && w.name_end - w.name == 2 && w.name[0] == '-' && w.name[1] == '-')
			break;
		if (!is_name(w.name, w.name_end, name))
			continue;
		len = w.value ? (size_t)(w.value_end - w.value) : 0;
		found = (ssize_t)len;
		if (!size)
			continue;
		n = min(len, size - 1);
		if (n)
			memcpy(value, w.value, n);
		value[n] = 0;
	}
	return found;
}
