// SPDX-License-Identifier: GPL-2.0-only
/* ACPI parsing against well-formed and hostile tables. */
#include <asm/acpi.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

struct seen { u32 cpus, enabled, ioapics, overrides, last_apic; struct acpi_override ov; };

static void on_cpu(void *arg, const struct acpi_cpu *c)
{
	struct seen *s = arg;

	s->cpus++;
	s->enabled += c->is_enabled;
	s->last_apic = c->apic_id;
}

static void on_ioapic(void *arg, const struct acpi_ioapic *io)
{
	struct seen *s = arg;

	s->ioapics += io->paddr == 0xfec00000 && io->gsi_base == 0;
}

static void on_override(void *arg, const struct acpi_override *ov)
{
	struct seen *s = arg;

	s->overrides++;
	s->ov = *ov;
}

static bool walk(u8 *table, u32 len, struct seen *s)
{
	struct madt_visitor v = { on_cpu, on_ioapic, on_override, s };

	memset(s, 0, sizeof(*s));
	memcpy(table + 4, &len, 4);
	return madt_walk((const struct acpi_header *)table, &v);
}

#define HEAD 44		/* header, local APIC address, flags */

TEST(acpi_parse, madt_entries_are_visited)
{
	u8 t[HEAD + 8 + 16 + 12 + 10] = { 0 }, *e = t + HEAD;
	struct seen s;

	memcpy(e, (u8[]){ 0, 8, 0, 3, 1, 0, 0, 0 }, 8);
	memcpy(e + 8, (u8[]){ 9, 16, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0 }, 16);
	memcpy(e + 24, (u8[]){ 1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0 }, 12);
	memcpy(e + 36, (u8[]){ 2, 10, 0, 9, 9, 0, 0, 0, 0x0f, 0 }, 10);
	EXPECT(walk(t, sizeof(t), &s));
	EXPECT_EQ(s.cpus, 2);
	EXPECT_EQ(s.enabled, 1);
	EXPECT_EQ(s.last_apic, 0x1234);
	EXPECT_EQ(s.ioapics, 1);
	EXPECT_EQ(s.overrides, 1);
	EXPECT(s.ov.is_level && s.ov.is_active_low && s.ov.gsi == 9);
}

TEST(acpi_parse, madt_bad_lengths_end_the_walk)
{
	u8 t[HEAD + 8] = { 0 };
	struct seen s;

	memcpy(t + HEAD, (u8[]){ 0, 0, 0, 3, 1, 0, 0, 0 }, 8);	/* length 0 */
	EXPECT(!walk(t, sizeof(t), &s));
	t[HEAD + 1] = 9;					/* past the end */
	EXPECT(!walk(t, sizeof(t), &s));
	EXPECT_EQ(s.cpus, 0);
	EXPECT(walk(t, 36, &s));				/* no room for entries */
	EXPECT(walk(t, 0, &s));
	t[HEAD + 1] = 7;					/* shorter than its kind */
	EXPECT(walk(t, HEAD + 7, &s));
	EXPECT_EQ(s.cpus, 0);
}

TEST(acpi_parse, s5_is_found)
{
	u8 aml[] = { 0x10, 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x01, 0, 0 };
	u8 a = 99, b = 99;

	EXPECT(acpi_find_s5(aml, sizeof(aml), &a, &b));
	EXPECT_EQ(a, 5);
	EXPECT_EQ(b, 1);
	aml[1] = 0x09;		/* not a name definition */
	EXPECT(!acpi_find_s5(aml, sizeof(aml), &a, &b));
}

TEST(acpi_parse, s5_cut_short_is_not_found)
{
	u8 aml[] = { 0x10, 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x0b, 0 };
	u8 a, b;

	for (size_t n = 0; n <= sizeof(aml); n++)
		EXPECT(!acpi_find_s5(aml, n, &a, &b));
}

TEST(acpi_parse, checksum)
{
	u8 t[4] = { 1, 2, 3, 250 };

	EXPECT(acpi_checksum_ok(t, 4));
	EXPECT(!acpi_checksum_ok(t, 3));
	EXPECT(acpi_checksum_ok(t, 0));
}
