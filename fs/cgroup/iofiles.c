// SPDX-License-Identifier: GPL-2.0-only
/* The files io.* of a control group. The root has no iogroup: io.stat there is the disks'. */
#include "iofiles.h"

#include <tern/drivers/blkdev.h>
#include <tern/kernel/iogroup.h>
#include <tern/lib/fmt.h>
#include <uapi/stat.h>

int iofile_show_stat(struct seqbuf *sb, struct cgnode *c)
{
	if (c->io)
		iogroup_print_stat(sb, c->io);
	else
		blk_iostat_print(sb);
	return 0;
}

int iofile_show_max(struct seqbuf *sb, struct cgnode *c)
{
	iogroup_print_max(sb, c->io);
	return 0;
}

/* "MAJOR:MINOR" of a whole disk. */
static int parse_disk(const char *word, u64 *number)
{
	u32 major, minor;

	if (parse_u32(word, 10, &major, &word) || *word != ':' || parse_u32(word + 1, 10, &minor, NULL))
		return -EINVAL;
	*number = DEV_MAKE(major, minor);
	return blk_is_disk(*number) ? 0 : -ENODEV;
}

static int parse_setting(char *word, struct iolimits *l)
{
	const struct { const char *name; u64 *value; bool is_count; } keys[] = {
		{ "rbps", &l->bps[0], false }, { "wbps", &l->bps[1], false },
		{ "riops", &l->iops[0], true }, { "wiops", &l->iops[1], true },
	};
	char *key = strsep(&word, "=");
	u64 v = U64_MAX;

	if (!word || (strcmp(word, "max") && parse_u64(word, 0, &v, NULL)))
		return -EINVAL;
	if (!v)
		return -ERANGE;
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i].name))
			continue;
		*keys[i].value = keys[i].is_count && v != U64_MAX ? min_t(u64, v, U32_MAX) : v;
		return 0;
	}
	return -EINVAL;
}

int iofile_store_max(struct cgnode *c, char *text, struct ofile *f)
{
	struct iolimits l;
	u64 number;
	char *word;
	int err = parse_disk(strsep(&text, " "), &number);

	if (err)
		return err;
	iogroup_limits(c->io, number, &l);
	while ((word = strsep(&text, " "))) {
		err = *word ? parse_setting(word, &l) : 0;
		if (err)
			return err;
	}
	return iogroup_set_limits(c->io, number, &l);
}
