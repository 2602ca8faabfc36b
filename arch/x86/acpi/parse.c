// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of ACPI tables: pure functions over bytes from the firmware, which are
 * not trusted. ACPI specification 6.4: 5.2.12 (MADT), 7.4.2 (_Sx), 20.2 (AML).
 */
#include <asm/acpi.h>
#include <tern/lib/string.h>

bool acpi_checksum_ok(const void *p, size_t len)
{
	const u8 *b = p;
	u8 sum = 0;

	while (len--)
		sum += *b++;
	return !sum;
}

static u64 get(const u8 *p, u32 at, u32 n)
{
	u64 v = 0;

	memcpy(&v, p + at, n);
	return v;
}

/* MPS INTI flags of an override on the ISA bus, whose default is edge, high. */
static void visit_override(const struct madt_visitor *v, const u8 *e)
{
	u32 flags = (u32)get(e, 8, 2);
	struct acpi_override ov = {
		.isa = e[3], .gsi = (u32)get(e, 4, 4),
		.is_active_low = (flags & 3) == 3, .is_level = (flags >> 2 & 3) == 3,
	};

	if (e[2] == 0 && ov.isa < 16 && v->override)
		v->override(v->arg, &ov);
}

static void visit(const struct madt_visitor *v, const u8 *e, u32 len)
{
	struct acpi_cpu cpu;
	struct acpi_ioapic io;
	u32 flags;

	if (e[0] == 0 && len >= 8 && v->cpu) {
		flags = (u32)get(e, 4, 4);
		cpu = (struct acpi_cpu){ e[3], e[2], flags & 1, flags & 2 };
		if (cpu.apic_id != 0xff)
			v->cpu(v->arg, &cpu);
	} else if (e[0] == 9 && len >= 16 && v->cpu) {
		flags = (u32)get(e, 8, 4);
		cpu = (struct acpi_cpu){ (u32)get(e, 4, 4), (u32)get(e, 12, 4), flags & 1,
					 flags & 2 };
		if (cpu.apic_id != U32_MAX)
			v->cpu(v->arg, &cpu);
	} else if (e[0] == 1 && len >= 12 && v->ioapic) {
		io = (struct acpi_ioapic){ e[2], (u32)get(e, 8, 4), get(e, 4, 4) };
		v->ioapic(v->arg, &io);
	} else if (e[0] == 2 && len >= 10) {
		visit_override(v, e);
	}
}

bool madt_walk(const struct acpi_header *t, const struct madt_visitor *v)
{
	const u8 *p = (const u8 *)t;
	u32 at = sizeof(*t) + 8;

	while (t->len >= 2 && at <= t->len - 2) {
		u32 len = p[at + 1];

		if (len < 2 || len > t->len - at)
			return false;
		visit(v, p + at, len);
		at += len;
	}
	return true;
}

/* An AML integer constant at @at; returns its length, 0 if it is something else. */
static size_t aml_const(const u8 *p, size_t at, size_t len, u64 *v)
{
	static const struct { u8 op, bytes; } kinds[] = { { 0x0a, 1 }, { 0x0b, 2 }, { 0x0c, 4 } };

	if (at >= len)
		return 0;
	if (p[at] <= 1) {		/* ZeroOp, OneOp */
		*v = p[at];
		return 1;
	}
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (p[at] == kinds[i].op && kinds[i].bytes < len - at) {
			*v = get(p, (u32)at + 1, kinds[i].bytes);
			return 1 + kinds[i].bytes;
		}
	return 0;
}

bool acpi_find_s5(const u8 *aml, size_t len, u8 *typ_a, u8 *typ_b)
{
	for (size_t i = 1; i + 7 < len; i++) {
		size_t at = i + 4, n;
		u64 a, b;

		if (memcmp(aml + i, "_S5_", 4))
			continue;
		/* NameOp, perhaps with a root prefix, and a package behind. */
		if (aml[i - 1] != 0x08 && !(i > 1 && aml[i - 1] == '\\' && aml[i - 2] == 0x08))
			continue;
		if (aml[at++] != 0x12)
			continue;
		at += (aml[at] >> 6) + 1;	/* PkgLength */
		if (at >= len || aml[at++] < 2)	/* NumElements */
			continue;
		n = aml_const(aml, at, len, &a);
		if (!n || !aml_const(aml, at + n, len, &b))
			continue;
		*typ_a = a & 7;
		*typ_b = b & 7;
		return true;
	}
	return false;
}
