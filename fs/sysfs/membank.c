// SPDX-License-Identifier: GPL-2.0-only
/* /sys/devices/system/memory: banks of memory, which lsmem lists and chmem takes out of use. */
#include "cpu_impl.h"

#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/membank.h>

static inline u32 bank_of(void *arg)
{
	return (u32)(uptr)arg;
}

static int show_state(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, membank_is_online(bank_of(arg)) ? "online\n" : "offline\n");
	return 0;
}

static int change(u32 bank, bool online)
{
	return online ? membank_online(bank) : membank_offline(bank);
}

/* Unlike `online`, this file takes no state that the bank is in. */
static ssize_t store_state(const char *text, size_t n, void *arg)
{
	const char *word = str_trim((char *)text);
	bool online = !strcmp(word, "online") || !strcmp(word, "online_kernel");
	u32 bank = bank_of(arg);
	int err;

	if ((!online && strcmp(word, "offline")) || online == membank_is_online(bank))
		return -EINVAL;
	err = change(bank, online);
	return err ? err : (ssize_t)n;
}

static int show_online(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, membank_is_online(bank_of(arg)) ? "1\n" : "0\n");
	return 0;
}

static ssize_t store_online(const char *text, size_t n, void *arg)
{
	bool online;
	int err = parse_bool(str_trim((char *)text), &online);

	if (!err)
		err = change(bank_of(arg), online);
	return err ? err : (ssize_t)n;
}

static int show_index(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%08x\n", bank_of(arg));
	return 0;
}

/* Banks are parts of no device. */
static int show_device(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
	return 0;
}

/* Any bank may be asked to go; whether it can is found out then. */
static int show_removable(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "1\n");
	return 0;
}

static int show_zones(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", membank_zone_name(bank_of(arg)));
	return 0;
}

static const struct sysattr bank_attrs[] = {
	{ .name = "online", .show = show_online, .store = store_online },
	{ .name = "phys_device", .show = show_device },
	{ .name = "phys_index", .show = show_index },
	{ .name = "removable", .show = show_removable },
	{ .name = "state", .show = show_state, .store = store_state },
	{ .name = "valid_zones", .show = show_zones },
};

static int show_size(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lx\n", MEMBANK_SIZE);
	return 0;
}

static const struct sysattr size_attr = { .name = "block_size_bytes", .show = show_size };

static int bank_create(struct sysnode *dir, struct sysnode *node, u32 n)
{
	struct sysnode *bank;
	char name[24];
	int err;

	fmt_print(name, sizeof(name), "memory%u", n);
	bank = sysfs_dir_create(dir, name);
	if (IS_ERR(bank))
		return (int)PTR_ERR(bank);
	err = sysfs_files_create(bank, bank_attrs, ARRAY_SIZE(bank_attrs), (void *)(uptr)n);
	if (!err)
		err = sysfs_link_create(node, name, bank);
	return err ? err : sysfs_link_create(bank, "node0", node);
}

int membanks_create(struct sysnode *system, struct sysnode *node)
{
	struct sysnode *dir = sysfs_dir_create(system, "memory");
	int err = IS_ERR(dir) ? (int)PTR_ERR(dir) : sysfs_file_create(dir, &size_attr, NULL);

	for (u32 i = 0; i < membank_count() && !err; i++)
		if (membank_is_present(i))
			err = bank_create(dir, node, i);
	return err;
}
