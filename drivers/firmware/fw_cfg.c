// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's firmware configuration: named files that whoever starts the machine
 * passes with -fw_cfg. QEMU's docs/specs/fw_cfg describes the two ports: a
 * selector, and a data port that gives the selected item byte by byte. Numbers of
 * the directory are big-endian.
 *
 * Only machines whose processor names a hypervisor are asked, and only once, at
 * start-up. The one file of interest holds rules of fault injection.
 */
#include <asm/cpufeature.h>
#include <asm/io.h>
#include <tern/base/initcall.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/svc/fault.h>
#include <uapi/errno.h>

enum { SELECTOR_PORT = 0x510, DATA_PORT = 0x511 };
enum { ITEM_SIGNATURE = 0x00, ITEM_DIRECTORY = 0x19 };

#define FILES_MAX	4096
#define NAME_MAX_	56
#define RULES_FILE	"opt/tern/fault-injection"
#define RULES_MAX	4096u

struct fw_cfg_file {
	u32 size;		/* these three big-endian */
	u16 item, reserved;
	char name[NAME_MAX_];
};
static_assert(sizeof(struct fw_cfg_file) == 64, "as QEMU defines it");

static void read_bytes(void *to, size_t n)
{
	u8 *p = to;

	while (n--)
		*p++ = inb(DATA_PORT);
}

static void item_select(u16 item)
{
	outw(item, SELECTOR_PORT);
}

static bool is_present(void)
{
	u32 a, b, c, d;
	char sig[4];

	cpuid(1, &a, &b, &c, &d);
	if (!(c & BIT(31)))	/* no hypervisor */
		return false;
	item_select(ITEM_SIGNATURE);
	read_bytes(sig, sizeof(sig));
	return !memcmp(sig, "QEMU", sizeof(sig));
}

static bool find_file(const char *name, struct fw_cfg_file *f)
{
	u32 count;

	item_select(ITEM_DIRECTORY);
	read_bytes(&count, sizeof(count));
	count = min_t(u32, __builtin_bswap32(count), FILES_MAX);
	while (count--) {
		read_bytes(f, sizeof(*f));
		if (strncmp(f->name, name, sizeof(f->name)))
			continue;
		f->size = __builtin_bswap32(f->size);
		f->item = __builtin_bswap16(f->item);
		return true;
	}
	return false;
}

static int fw_cfg_init(void)
{
	struct fw_cfg_file f;
	char *text;
	int err;

	if (!is_present() || !find_file(RULES_FILE, &f))
		return 0;
	if (f.size > RULES_MAX)
		return -E2BIG;
	text = kmem_alloc(f.size + 1, ALLOC_KERNEL);
	if (!text)
		return -ENOMEM;
	item_select(f.item);
	read_bytes(text, f.size);
	text[f.size] = '\0';
	err = fault_set_rules(text);
	if (err)
		kwarn("firmware configuration, %s: error %d", RULES_FILE, err);
	kmem_free(text);
	return 0;
}
INITCALL(CORE, fw_cfg_init);
