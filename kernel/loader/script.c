// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scripts: "#! interpreter [one argument]". The line may be as long as the
 * first bytes that execve reads; a longer one is refused unless what is
 * missing can only be part of the argument.
 */
#include "loader_impl.h"

#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define AT_FDCWD	(-100)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	return s;
}

static const char *find_blank(const char *s, const char *end)
{
	while (s < end && !is_blank(*s) && *s)
		s++;
	return s;
}

struct hashbang { const char *name, *name_end, *arg, *arg_end; };

/* Find interpreter and argument between "#!" and the end of the line. */
static int parse_line(const char *buf, struct hashbang *h)
{
	const char *end = buf + BINPRM_BUF, *eol = memchr(buf, '\n', BINPRM_BUF), *p;

	if (!eol) {
		/* Cut off: the name at least must be complete. */
		p = skip_blanks(buf + 2, end - 1);
		if (p == end - 1 || find_blank(p, end - 1) == end - 1)
			return -ENOEXEC;
		eol = end - 1;
	}
	while (eol > buf + 2 && is_blank(eol[-1]))
		eol--;
	h->name = skip_blanks(buf + 2, eol);
	h->name_end = find_blank(h->name, eol);
	if (h->name == eol || h->name == h->name_end)
		return -ENOEXEC;
	h->arg = skip_blanks(h->name_end, eol);
	h->arg_end = h->arg + strnlen(h->arg, eol - h->arg);
	return 0;
}

/* argv becomes: interpreter, its argument, the script's name, the rest. */
static int rewrite_args(struct binprm *b, const struct hashbang *h, const char *interp)
{
	int err = binprm_pop_arg(b);

	if (!err)
		err = binprm_push(b, b->interp, strlen(b->interp) + 1);
	b->argc++;
	if (!err && h->arg < h->arg_end) {
		err = binprm_push(b, "", 1);
		if (!err)
			err = binprm_push(b, h->arg, h->arg_end - h->arg);
		b->argc++;
	}
	if (!err)
		err = binprm_push(b, interp, strlen(interp) + 1);
	b->argc++;
	return err;
}

static int script_load(struct binprm *b)
{
	struct hashbang h;
	struct ofile *f;
	char *interp;
	int err;

	if (b->buf[0] != '#' || b->buf[1] != '!' || b->executable)
		return -ENOEXEC;
	err = parse_line((const char *)b->buf, &h);
	if (err)
		return err;
	/* The interpreter would not find the script by that name any more. */
	if (b->flags & BINPRM_NO_PATH)
		return -ENOENT;
	interp = kmem_strndup(h.name, h.name_end - h.name, ALLOC_KERNEL);
	if (!interp)
		return -ENOMEM;
	err = rewrite_args(b, &h, interp);
	f = err ? ERR_PTR(err) : execfile_open(AT_FDCWD, interp, 0);
	if (IS_ERR(f)) {
		kmem_free(interp);
		return PTR_ERR(f);
	}
	binprm_set_file(b, f, interp);
	return BINFMT_AGAIN;
}

struct binfmt binfmt_script = { .name = "script", .load = script_load,
				.core_dump = binfmt_no_core };
