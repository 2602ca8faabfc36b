// SPDX-License-Identifier: GPL-2.0-only
/* NtQuerySystemInformation: what is told of the machine. */
#include "../nt.h"

#include <asm/smp.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/kernel/sched.h>
#include <tern/lib/fmt.h>
#include <tern/mm/vmstat.h>

#include "../ps.h"
#include "../vm.h"

#define RANDOM_CHUNK	256u

enum {
	SYS_BASIC = 0, SYS_PROCESSOR = 1, SYS_PERFORMANCE = 2, SYS_TIME = 3, SYS_PROCESSES = 5,
	SYS_CPU_TIMES = 8, SYS_RANDOM = 23, SYS_TIME_ZONE = 44, SYS_TIME_ZONE_DYNAMIC = 102,
	SYS_KERNEL_DEBUGGER = 35, SYS_WINE_VERSION = 1000,
};

static u64 all_cpus(void)
{
	return cpu_count_online >= 64 ? ~0UL : BIT(cpu_count_online) - 1;
}

static ntstatus basic(void __user *buf, u32 room, u32 __user *used)
{
	struct { u32 unknown, resolution, page, pages, low_page, high_page, granularity, pad;
		 u64 low, high, affinity; u8 cpus, pad2[7]; } i = { 0 };

	i.resolution = 156250;
	i.page = PAGE_SIZE;
	i.pages = (u32)page_count_total();
	i.low_page = 1;
	i.high_page = i.pages;
	i.granularity = NT_VM_GRANULE;
	i.low = NT_VM_MIN;
	i.high = NT_VM_END - 1;
	i.affinity = all_cpus();
	i.cpus = (u8)min(cpu_count_online, 64U);
	return nt_reply(buf, room, used, &i, sizeof(i));
}

static ntstatus processor(void __user *buf, u32 room, u32 __user *used)
{
	struct { u16 arch, level, revision, max_cpus; u32 features; } i = { 9, 6, 0x3a09, 1, 0x2fff };

	i.max_cpus = (u16)cpu_count_online;
	return nt_reply(buf, room, used, &i, sizeof(i));
}

static ntstatus performance(void __user *buf, u32 room, u32 __user *used)
{
	u8 i[312] = { 0 };
	struct meminfo mi;

	meminfo_get(&mi);
	put_le32(i + 44, (u32)mi.available);
	put_le32(i + 48, (u32)(mi.total - mi.available));
	put_le32(i + 52, (u32)page_count_total());
	put_le32(i + 56, (u32)page_count_total());
	return nt_reply(buf, room, used, i, sizeof(i));
}

static ntstatus time_of_day(void __user *buf, u32 room, u32 __user *used)
{
	struct { s64 boot, now, bias; u32 zone, pad; u64 boot_bias, sleep_bias; } i = { 0 };

	i.boot = nt_time_of(clock_boot_realtime_ns());
	i.now = nt_time();
	room = min(room, (u32)sizeof(i));
	if (used && user_put(room, used))
		return STATUS_ACCESS_VIOLATION;
	return nt_copyout(buf, &i, room);
}

static ntstatus cpu_times(u8 __user *buf, u32 room, u32 __user *used)
{
	struct { s64 idle, kernel, user, dpc, irq; u32 irqs, pad; } i;
	u32 n = cpu_count_online;
	struct cpu_times t;

	if (used && user_put(n * (u32)sizeof(i), used))
		return STATUS_ACCESS_VIOLATION;
	if (room < sizeof(i))
		return STATUS_INFO_LENGTH_MISMATCH;
	for (u32 c = 0; c < n && (c + 1) * sizeof(i) <= room; c++) {
		memset(&i, 0, sizeof(i));
		cpu_times_get(c, &t);
		i.idle = (t.idle + t.iowait) / 100;
		i.user = (t.user + t.nice) / 100;
		i.irq = t.irq / 100;
		i.dpc = t.softirq / 100;
		i.kernel = i.idle + (t.system + t.irq + t.softirq) / 100;
		NT_CHECK(nt_copyout(buf + c * sizeof(i), &i, sizeof(i)));
	}
	return STATUS_SUCCESS;
}

static ntstatus random_fill(u8 __user *buf, u32 room, u32 __user *used)
{
	u8 chunk[RANDOM_CHUNK];

	for (u32 at = 0; at < room; at += RANDOM_CHUNK) {
		u32 n = min(room - at, RANDOM_CHUNK);

		random_bytes(chunk, n);
		NT_CHECK(nt_copyout(buf + at, chunk, n));
	}
	mem_wipe(chunk, sizeof(chunk));
	return used ? nt_put(room, used) : STATUS_SUCCESS;
}

static ntstatus time_zone(void __user *buf, u32 room, u32 __user *used, u32 size)
{
	static const char name[] = "UTC";
	u8 i[432] = { 0 };

	for (u32 k = 0; k < sizeof(name); k++) {
		put_le16(i + 4 + k * 2, (u8)name[k]);
		if (size > 172)
			put_le16(i + 0xac + k * 2, (u8)name[k]);
	}
	return nt_reply(buf, room, used, i, size);
}

/* One record a process: fixed part, one thread record each, then the name. */
#define PROCESS_RECORD	0x100u

static ntstatus put_process(struct nt_process *p, u8 __user *at, u32 size, bool is_last)
{
	u8 r[PROCESS_RECORD] = { 0 };
	u32 name = p->image_name_len;

	while (name > 0 && p->image_name[name - 1] != '\\')
		name--;
	put_le32(r, is_last ? 0 : size);
	put_le32(r + 4, READ_ONCE(p->nlive));
	put_le64(r + 0x20, (u64)p->create_time);
	put_le16(r + 0x38, (u16)((p->image_name_len - name) * 2));
	put_le16(r + 0x3a, (u16)((p->image_name_len - name) * 2 + 2));
	put_le64(r + 0x40, (u64)at + PROCESS_RECORD);
	put_le32(r + 0x48, 8);
	put_le64(r + 0x50, nt_id(p->pid));
	put_le64(r + 0x58, nt_id(p->parent_pid));
	put_le32(r + 0x60, handle_count(p->handles));
	put_le32(r + 0x64, 1);
	NT_CHECK(nt_copyout(at, r, sizeof(r)));
	return nt_copyout(at + PROCESS_RECORD, p->image_name + name, (p->image_name_len - name + 1) * 2UL);
}

static u32 process_record_size(const struct nt_process *p)
{
	u32 name = p->image_name_len;

	while (name > 0 && p->image_name[name - 1] != '\\')
		name--;
	return ALIGN_UP(PROCESS_RECORD + (p->image_name_len - name + 1) * 2, 8);
}

/* Windows programs only: the Linux ones are nobody that NtOpenProcess could open. */
static ntstatus processes(u8 __user *buf, u32 room, u32 __user *used)
{
	struct nt_process *p = nt_process_next(NULL), *next;
	ntstatus s = STATUS_SUCCESS;
	u32 at = 0;

	while (p) {
		u32 size = process_record_size(p);

		nt_object_get(&p->ob);		/* the walk drops one */
		next = nt_process_next(p);
		if (at + size <= room && !s)
			s = put_process(p, buf + at, size, !next);
		at += size;
		nt_object_put(&p->ob);
		p = next;
	}
	if (used && user_put(at, used))
		return STATUS_ACCESS_VIOLATION;
	return s ? s : at > room ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

ntstatus nt_query_system_information(u32 class, void __user *buf, u32 room, u32 __user *used)
{
	static const char wine[] = "8.0\0Tern\0";
	static const u16 debugger = 0x0100;	/* none, not there */

	switch (class) {
	case SYS_BASIC:
		return basic(buf, room, used);
	case SYS_PROCESSOR:
		return processor(buf, room, used);
	case SYS_PERFORMANCE:
		return performance(buf, room, used);
	case SYS_TIME:
		return time_of_day(buf, room, used);
	case SYS_PROCESSES:
		return processes(buf, room, used);
	case SYS_CPU_TIMES:
		return cpu_times(buf, room, used);
	case SYS_RANDOM:
		return random_fill(buf, room, used);
	case SYS_KERNEL_DEBUGGER:
		return nt_reply(buf, room, used, &debugger, sizeof(debugger));
	case SYS_TIME_ZONE:
		return time_zone(buf, room, used, 172);
	case SYS_TIME_ZONE_DYNAMIC:
		return time_zone(buf, room, used, 432);
	case SYS_WINE_VERSION:
		if (used && user_put((u32)sizeof(wine), used))
			return STATUS_ACCESS_VIOLATION;
		return room < sizeof(wine) ? STATUS_INFO_LENGTH_MISMATCH : nt_copyout(buf, wine, sizeof(wine));
	}
	return STATUS_INVALID_INFO_CLASS;
}
