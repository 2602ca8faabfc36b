// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the ACPI tables: root pointer from the loader or the BIOS area, root
 * table (XSDT, else RSDT), then each table in it is mapped whole, checked and
 * kept. A table that fails is left out with a message; the machine then runs
 * without what it describes. Runs once at boot; readers need no lock.
 */
#include <asm/acpi.h>

#include <asm/bootinfo.h>
#include <asm/early.h>
#include <asm/page.h>
#include <asm/vmap.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

#define TABLE_MAX	0x1000000u	/* bytes; larger lengths are nonsense */

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt, len;
	u64 xsdt;
	u8 ext_checksum, reserved[3];
} __packed;
static_assert(sizeof(struct acpi_rsdp) == 36, "firmware layout");

static const struct acpi_header **tables;
static u32 ntables;
struct acpi_fixed_info acpi_fadt;

/* Firmware memory through the direct map if it is there, else a mapping of its own. */
static const void *__init map_firmware(paddr_t pa, size_t len)
{
	if (!pa || !len)
		return NULL;
	if (paddr_in_direct_map(pa, len))
		return phys_to_virt(pa);
	return early_mmio_map(pa, len, 0);
}

static const struct acpi_header *__init map_table(paddr_t pa)
{
	const struct acpi_header *h = map_firmware(pa, sizeof(*h));
	u32 len;

	if (!h)
		return NULL;
	len = h->len;
	if (!paddr_in_direct_map(pa, sizeof(*h)))
		early_mmio_unmap((void *)h, sizeof(*h));
	if (len < sizeof(*h) || len > TABLE_MAX)
		return NULL;
	h = map_firmware(pa, len);
	return h && h->len == len && acpi_checksum_ok(h, len) ? h : NULL;
}

static bool __init rsdp_ok(const struct acpi_rsdp *r)
{
	return !memcmp(r->signature, "RSD PTR ", 8) && acpi_checksum_ok(r, 20);
}

static const struct acpi_rsdp *__init scan_bios(paddr_t start, paddr_t end)
{
	for (paddr_t pa = start; pa + sizeof(struct acpi_rsdp) <= end; pa += 16)
		if (rsdp_ok(phys_to_virt(pa)))
			return phys_to_virt(pa);
	return NULL;
}

static const struct acpi_rsdp *__init find_rsdp(void)
{
	const struct acpi_rsdp *r;
	paddr_t ebda;

	if (bootinfo.has_rsdp_copy && rsdp_ok((void *)bootinfo.rsdp_copy))
		return (void *)bootinfo.rsdp_copy;
	r = bootinfo.rsdp ? map_firmware(bootinfo.rsdp, sizeof(*r)) : NULL;
	if (r && rsdp_ok(r))
		return r;
	ebda = (paddr_t)*(const u16 *)phys_to_virt(0x40e) << 4;
	r = ebda >= 0x80000 && ebda < 0xa0000 ? scan_bios(ebda, min_t(paddr_t, ebda + 1024, 0xa0000))
					      : NULL;
	return r ? r : scan_bios(0xe0000, 0x100000);
}

static void __init take_root(const struct acpi_header *root, u32 entry_size)
{
	u32 n = (root->len - (u32)sizeof(*root)) / entry_size;
	const u8 *p = (const u8 *)(root + 1);

	tables = early_mem_alloc((n + 1) * sizeof(*tables), 8);
	for (u32 i = 0; i < n; i++) {
		u64 pa = 0;

		memcpy(&pa, p + i * entry_size, entry_size);
		tables[ntables] = map_table(pa);
		if (tables[ntables])
			ntables++;
		else
			kwarn("ACPI: table at %#lx is damaged, ignored", pa);
	}
}

const struct acpi_header *acpi_table_at(u32 n)
{
	return n < ntables ? tables[n] : NULL;
}

const struct acpi_header *acpi_find(const char *signature, u32 index)
{
	for (u32 i = 0; i < ntables; i++)
		if (!memcmp(tables[i]->signature, signature, 4) && !index--)
			return tables[i];
	return NULL;
}

static u64 __init field(const struct acpi_header *t, u32 at, u32 n)
{
	u64 v = 0;

	if (at + n <= t->len)
		memcpy(&v, (const u8 *)t + at, n);
	return v;
}

static void __init take_fadt(const struct acpi_header *t)
{
	struct acpi_fixed_info *f = &acpi_fadt;
	u32 flags = (u32)field(t, 112, 4);

	f->dsdt = field(t, 140, 8) ? field(t, 140, 8) : field(t, 40, 4);
	f->sci_irq = (u16)field(t, 46, 2);
	f->smi_command = (u32)field(t, 48, 4);
	f->acpi_enable = (u8)field(t, 52, 1);
	f->pm1a_control = (u32)field(t, 64, 4);
	f->pm1b_control = (u32)field(t, 68, 4);
	f->pm_timer_port = field(t, 91, 1) == 4 ? (u32)field(t, 76, 4) : 0;
	f->pm_timer_is_32bit = flags & 1U << 8;
	f->century = (u8)field(t, 108, 1);
	f->boot_flags = (u16)field(t, 109, 2);
	f->hw_reduced = flags & 1U << 20;
	f->has_reset = (flags & 1U << 10) && t->len >= 129;
	if (f->has_reset) {
		memcpy(&f->reset, (const u8 *)t + 116, sizeof(f->reset));
		f->reset_value = (u8)field(t, 128, 1);
	}
}

paddr_t acpi_hpet_paddr(void)
{
	const struct acpi_header *t = acpi_find("HPET", 0);
	u64 pa = 0;

	if (!t || t->len < 52 || *((const u8 *)t + 40) != 0)
		return 0;
	memcpy(&pa, (const u8 *)t + 44, 8);
	return pa;
}

void __init acpi_setup(void)
{
	const char *v;
	size_t len;
	const struct acpi_rsdp *r;
	const struct acpi_header *root = NULL, *fadt;

	if (bootinfo_option("acpi", &v, &len) && len == 3 && !strncmp(v, "off", 3))
		return;
	r = find_rsdp();
	if (!r) {
		kwarn("ACPI: no tables");
		return;
	}
	if (r->revision >= 2 && r->xsdt)
		root = map_table(r->xsdt);
	if (root) {
		take_root(root, 8);
	} else {
		root = map_table(r->rsdt);
		if (root)
			take_root(root, 4);
		else
			kwarn("ACPI: root table is damaged");
	}
	fadt = acpi_find("FACP", 0);
	if (fadt)
		take_fadt(fadt);
}
