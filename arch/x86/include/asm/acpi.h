/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI static tables, found and checked once at boot. Owner arch/x86/acpi.
 * ACPI specification 6.4, chapter 5.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct acpi_header {
	char signature[4];
	u32 len;		/* bytes with this header */
	u8 revision, checksum;
	char oem_id[6], oem_table_id[8];
	u32 oem_revision, creator_id, creator_revision;
} __packed;
static_assert(sizeof(struct acpi_header) == 36, "firmware layout");

/* Where a register is. */
struct acpi_gas {
	u8 space, bit_width, bit_offset, access_size;	/* space 0 memory, 1 port */
	u64 addr;
} __packed;

/** acpi_setup() - find and map the tables. Boot, after arch_mm_setup(). */
void acpi_setup(void);

/**
 * acpi_find() - a table by signature
 * @index: 0 for the first of that name
 * Return: whole table, mapped for good, length and checksum verified; NULL if absent.
 */
const struct acpi_header *acpi_find(const char *signature, u32 index);

/** acpi_table_at() - the n-th table of the root table, NULL past the end; for sysfs. */
const struct acpi_header *acpi_table_at(u32 n);

/* ---- what the static tables say ---- */

struct acpi_cpu { u32 apic_id; u32 uid; bool is_enabled, is_capable; };
struct acpi_ioapic { u32 id, gsi_base; paddr_t paddr; };
struct acpi_override { u8 isa; bool is_level, is_active_low; u32 gsi; };

struct madt_visitor {
	void (*cpu)(void *arg, const struct acpi_cpu *cpu);
	void (*ioapic)(void *arg, const struct acpi_ioapic *io);
	void (*override)(void *arg, const struct acpi_override *ov);
	void *arg;
};

/**
 * madt_walk() - visit the entries of a MADT ("APIC")
 * Pure: any bytes of length @t->len give no access outside of them.
 * Return: false if an entry's length is impossible; what came before was visited.
 */
bool madt_walk(const struct acpi_header *t, const struct madt_visitor *v);

/** acpi_find_s5() - sleep types of \_S5 in AML bytes; false if not found. Pure. */
bool acpi_find_s5(const u8 *aml, size_t len, u8 *typ_a, u8 *typ_b);

/** acpi_checksum_ok() - do @len bytes sum up to 0. Pure. */
bool acpi_checksum_ok(const void *p, size_t len);

/** hpet_paddr() - base of the first HPET, 0 if none. */
paddr_t acpi_hpet_paddr(void);

/** FADT members used by more than one file; zero if there is no FADT. */
struct acpi_fixed_info {
	u32 pm_timer_port;
	bool pm_timer_is_32bit;
	u32 pm1a_control, pm1b_control;
	u32 smi_command;
	u8 acpi_enable;
	u16 sci_irq;
	u16 boot_flags;
	u8 century;		/* CMOS register of the century, 0 none */
	bool has_reset, hw_reduced;
	struct acpi_gas reset;
	u8 reset_value;
	paddr_t dsdt;
};
extern struct acpi_fixed_info acpi_fadt;
