// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI functions in sysfs: /sys/devices/pciSSSS:BB with a directory for each, inside that of
 * the bridge it is behind, and a link from /sys/bus/pci/devices. Functions stay for ever.
 */
#include "pci_impl.h"

#include <tern/base/err.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/cred.h>
#include <tern/lib/fmt.h>

#define CONFIG_SIZE	256u		/* what each function has */
#define CONFIG_EXTENDED	4096u		/* with the registers of PCI Express */
#define CONFIG_PUBLIC	64u		/* what everybody may read */
#define RESOURCES	13u		/* six, the ROM, six of a bridge's windows */

#define FLAG_IO		0x40100u	/* with its size as alignment */
#define FLAG_MEMORY	0x40200u
#define FLAG_PREFETCH	0x2000u
#define FLAG_64BIT	0x100000u

#define SHOW(field, format)							\
	static int show_##field(struct seqbuf *sb, void *arg)			\
	{									\
		const struct pcifn *p = arg;					\
		seqbuf_printf(sb, format "\n", p->field);			\
		return 0;							\
	}
SHOW(vendor, "0x%04x")
SHOW(device, "0x%04x")
SHOW(subvendor, "0x%04x")
SHOW(subdevice, "0x%04x")
SHOW(class, "0x%06x")
SHOW(revision, "0x%02x")

static int show_irq(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", pcifn_read8(arg, PCI_IRQ_LINE) == 0xff ? 0 : pcifn_read8(arg, PCI_IRQ_LINE));
	return 0;
}

static int show_enable(struct seqbuf *sb, void *arg)
{
	u16 cmd = pcifn_read16(arg, PCI_COMMAND);

	seqbuf_printf(sb, "%d\n", (cmd & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY)) != 0);
	return 0;
}

static int show_node(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "-1\n");
	return 0;
}

static int show_modalias(struct seqbuf *sb, void *arg)
{
	struct pcifn *p = arg;

	pci_bus.print_alias(&p->node, sb);
	seqbuf_putc(sb, '\n');
	return 0;
}

static int show_uevent(struct seqbuf *sb, void *arg)
{
	struct pcifn *p = arg;

	seqbuf_printf(sb, "PCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\nMODALIAS=",
		      p->class, p->vendor, p->device, p->subvendor, p->subdevice, p->node.name);
	return show_modalias(sb, p);
}

static void print_bar(struct seqbuf *sb, const struct pci_bar *b)
{
	u64 flags = b->is_io ? FLAG_IO | 1 : FLAG_MEMORY | (b->is_prefetchable ? FLAG_PREFETCH | 8 : 0) |
					     (b->is_64bit ? FLAG_64BIT | 4 : 0);
	bool is_there = b->size && b->addr;

	seqbuf_printf(sb, "0x%016lx 0x%016lx 0x%016lx\n", is_there ? b->addr : 0,
		      is_there ? b->addr + b->size - 1 : 0, is_there ? flags : 0);
}

static int show_resource(struct seqbuf *sb, void *arg)
{
	static const struct pci_bar none;
	const struct pcifn *p = arg;

	for (u32 i = 0; i < RESOURCES; i++)
		print_bar(sb, i < ARRAY_SIZE(p->bar) ? &p->bar[i] : i == 6 ? &p->rom : &none);
	return 0;
}

static const struct sysattr attrs[] = {
	{ .name = "vendor", .show = show_vendor }, { .name = "device", .show = show_device },
	{ .name = "subsystem_vendor", .show = show_subvendor },
	{ .name = "subsystem_device", .show = show_subdevice },
	{ .name = "class", .show = show_class }, { .name = "revision", .show = show_revision },
	{ .name = "irq", .show = show_irq }, { .name = "enable", .show = show_enable },
	{ .name = "numa_node", .show = show_node }, { .name = "modalias", .show = show_modalias },
	{ .name = "uevent", .show = show_uevent }, { .name = "resource", .show = show_resource },
};

/* ---- configuration space ---- */

static u64 config_size(struct pcifn *p)
{
	return pcifn_capability(p, PCI_CAP_EXPRESS, 0) ? CONFIG_EXTENDED : CONFIG_SIZE;
}

static ssize_t config_read(void *arg, void *buf, size_t n, loff_t pos)
{
	u64 size = cap_has(CAP_SYS_ADMIN) ? config_size(arg) : CONFIG_PUBLIC;
	u8 *out = buf;

	if (pos < 0 || (u64)pos >= size)
		return 0;
	n = min(n, size - (u64)pos);
	for (size_t i = 0; i < n; i++)
		out[i] = pcifn_read8(arg, (u32)pos + (u32)i);
	return (ssize_t)n;
}

static ssize_t config_write(void *arg, const void *buf, size_t n, loff_t pos)
{
	u64 size = config_size(arg);
	const u8 *in = buf;
	size_t i = 0;

	if (pos < 0 || (u64)pos >= size)
		return 0;
	n = min(n, size - (u64)pos);
	/* In the largest pieces that are aligned: registers may act on each write. */
	while (i < n) {
		u32 at = (u32)pos + (u32)i;

		if (!(at & 3) && n - i >= 4) {
			pcifn_write32(arg, at, (u32)in[i] | (u32)in[i + 1] << 8 | (u32)in[i + 2] << 16 |
					       (u32)in[i + 3] << 24);
			i += 4;
		} else if (!(at & 1) && n - i >= 2) {
			pcifn_write16(arg, at, (u16)(in[i] | in[i + 1] << 8));
			i += 2;
		} else {
			pcifn_write8(arg, at, in[i++]);
		}
	}
	return (ssize_t)n;
}

static const struct sysbin config_short = {
	.name = "config", .mode = 0644, .size = CONFIG_SIZE, .read = config_read, .write = config_write,
};
static const struct sysbin config_long = {
	.name = "config", .mode = 0644, .size = CONFIG_EXTENDED, .read = config_read, .write = config_write,
};

/* ---- the tree ---- */

static struct sysnode *dir_of(struct sysnode *parent, const char *name)
{
	struct sysnode *n = sysfs_dir_find(parent, name);

	return n ? n : sysfs_dir_create(parent, name);
}

static struct sysnode *host_dir(const struct pcifn *p)
{
	char name[16];

	fmt_print(name, sizeof(name), "pci%04x:00", p->segment);
	return dir_of(sysfs_devices, name);
}

static struct sysnode *devices_of_bus(void)
{
	struct sysnode *bus = dir_of(sysfs_bus, "pci");

	return IS_ERR(bus) ? bus : dir_of(bus, "devices");
}

static int fill(struct pcifn *p, struct sysnode *dir)
{
	struct sysnode *links = devices_of_bus();
	int err = IS_ERR(links) ? (int)PTR_ERR(links) : 0;

	if (!err)
		err = sysfs_files_create(dir, attrs, ARRAY_SIZE(attrs), p);
	if (!err)
		err = sysfs_bin_create(dir, config_size(p) == CONFIG_SIZE ? &config_short : &config_long, p);
	if (!err)
		err = sysfs_link_create(dir, "subsystem", sysfs_dir_find(sysfs_bus, "pci"));
	return err ? err : sysfs_link_create(links, p->node.name, dir);
}

int pci_sysfs_add(struct pcifn *p, const struct pcifn *bridge)
{
	struct sysnode *parent = bridge ? bridge->sysdir : host_dir(p), *dir;
	int err;

	if (IS_ERR_OR_NULL(parent))
		return parent ? (int)PTR_ERR(parent) : -ENOENT;
	dir = sysfs_dir_create(parent, p->node.name);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	p->sysdir = dir;
	err = fill(p, dir);
	if (!err)
		return 0;
	p->sysdir = NULL;
	sysfs_remove(dir);
	return err;
}
