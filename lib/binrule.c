// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of binfmt_misc, taken apart in place: each field ends where the
 * delimiter stood, magic and mask are turned from \xHH notation into bytes.
 */
#include <tern/lib/binrule.h>

#include <tern/lib/string.h>
#include <uapi/errno.h>

struct cursor { char *p, *end; char delim; };

/* The next field as a string, or NULL if no delimiter ends it. */
static char *field(struct cursor *c)
{
	char *start = c->p, *stop = memchr(start, c->delim, (size_t)(c->end - start));

	if (!stop)
		return NULL;
	*stop = '\0';
	c->p = stop + 1;
	return start;
}

static bool is_hex(const char *p, const char *end)
{
	return p < end && char_digit(*p) >= 0 && char_digit(*p) < 16;
}

/* The same for bytes, where \xHH may stand for the delimiter too. */
static char *byte_field(struct cursor *c)
{
	char *start = c->p;

	for (char *p = start; p < c->end; p++) {
		if (*p == c->delim) {
			*p = '\0';
			c->p = p + 1;
			return start;
		}
		if (p[0] != '\\' || p + 1 >= c->end || p[1] != 'x')
			continue;
		if (!is_hex(p + 2, c->end) || !is_hex(p + 3, c->end))
			return NULL;
		p += 3;
	}
	return NULL;
}

/* \xHH becomes a byte; returns how many bytes there are. */
static u32 unescape(char *s)
{
	char *out = s;
	u32 n = 0;

	while (*s) {
		if (s[0] == '\\' && s[1] == 'x') {
			out[n++] = (char)(char_digit(s[2]) << 4 | char_digit(s[3]));
			s += 4;
		} else {
			out[n++] = *s++;
		}
	}
	return n;
}

static int parse_magic(struct cursor *c, struct binrule *r)
{
	char *offset = field(c), *magic = offset ? byte_field(c) : NULL;
	char *mask = magic ? byte_field(c) : NULL;

	if (!mask || !*magic)
		return -EINVAL;
	if (*offset && (parse_u32(offset, 10, &r->offset, NULL) || r->offset > BINRULE_HEAD))
		return -EINVAL;
	r->size = unescape(magic);
	if (*mask) {
		if (unescape(mask) != r->size)
			return -EINVAL;
		r->mask = (const u8 *)mask;
	}
	r->magic = (const u8 *)magic;
	return r->size > BINRULE_HEAD - r->offset ? -EINVAL : 0;
}

static int parse_extension(struct cursor *c, struct binrule *r)
{
	char *offset = field(c), *ext = offset ? field(c) : NULL;

	r->ext = ext;
	return !ext || !*ext || strchr(ext, '/') || !field(c) ? -EINVAL : 0;
}

static int parse_flags(struct cursor *c, struct binrule *r)
{
	for (; c->p < c->end; c->p++) {
		switch (*c->p) {
		case 'P':
			r->flags |= BINRULE_KEEP_ARGV0;
			break;
		case 'O':
			r->flags |= BINRULE_OPEN;
			break;
		case 'C':
			r->flags |= BINRULE_CREDS | BINRULE_OPEN;
			break;
		case 'F':
			r->flags |= BINRULE_FIXED;
			break;
		default:
			return *c->p == '\n' && c->p + 1 == c->end ? 0 : -EINVAL;
		}
	}
	return 0;
}

static bool is_good_name(const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") && !strchr(name, '/');
}

int binrule_parse(char *text, size_t n, struct binrule *r)
{
	struct cursor c = { .p = text + 1, .end = text + n };
	const char *type;
	int err;

	*r = (struct binrule){ 0 };
	if (n < BINRULE_TEXT_MIN || n > BINRULE_TEXT_MAX || memchr(text, '\0', n))
		return -EINVAL;
	c.delim = text[0];
	r->name = field(&c);
	type = r->name ? field(&c) : NULL;
	if (!type || !is_good_name(r->name))
		return -EINVAL;
	if (!strcmp(type, "M"))
		err = parse_magic(&c, r);
	else
		err = strcmp(type, "E") ? -EINVAL : parse_extension(&c, r);
	if (err)
		return err;
	r->interp = field(&c);
	if (!r->interp || !*r->interp)
		return -EINVAL;
	return parse_flags(&c, r);
}

bool binrule_matches(const struct binrule *r, const u8 *head, const char *name)
{
	const char *dot;

	if (r->ext) {
		dot = strrchr(name, '.');
		return dot && !strcmp(dot + 1, r->ext);
	}
	for (u32 i = 0; i < r->size; i++)
		if ((head[r->offset + i] ^ r->magic[i]) & (r->mask ? r->mask[i] : 0xff))
			return false;
	return true;
}
