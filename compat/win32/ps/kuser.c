// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUSER_SHARED_DATA: the page at 0x7ffe0000 that all programs share, with version,
 * processor features and times that programs read without a call. A timer
 * brings the times up to date each millisecond while such programs exist.
 *
 * The page behind it holds the stub through which DLLs reach their host side.
 */
#include "../ps.h"

#include <asm/cpufeature.h>
#include <asm/smp.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/timeout.h>
#include <tern/mm/page.h>

#define PERIOD		NSEC_PER_MSEC
#define SYSTEM_ROOT	"C:\\windows"
#define IMAGE_AMD64	0x8664
#define BUILD		19043

static struct page *pages[2];
static struct timeout timer;
static atomic32 users;

static const u8 stub[] = {
	0x49, 0x89, 0xca,			/* mov r10, rcx */
	0xb8, 0x00, 0x20, 0x00, 0x00,		/* mov eax, NT_SERVICE_UNIX */
	0x0f, 0x05,				/* syscall */
	0xc3,					/* ret */
};

/* Readers take the low part between two equal high parts. */
static void put_time(u8 *p, u64 v)
{
	WRITE_ONCE(*(u32 *)(p + 8), (u32)(v >> 32));
	store_release((u32 *)p, (u32)v);
	store_release((u32 *)(p + 4), (u32)(v >> 32));
}

static void update(u8 *p)
{
	nsec_t now = clock_ns();

	put_time(p + 0x008, now / 100);
	put_time(p + 0x014, (u64)nt_time_of(clock_realtime_ns()));
	put_time(p + 0x320, now / NSEC_PER_MSEC);
}

static void tick(struct timeout *t)
{
	update(page_to_virt(pages[0]));
	if (atomic_read(&users))
		timeout_arm(t, clock_ns() + PERIOD);
}

void nt_kuser_use(void)
{
	if (atomic_fetch_add(&users, 1) == 0) {
		update(page_to_virt(pages[0]));
		timeout_arm(&timer, clock_ns() + PERIOD);
	}
}

void nt_kuser_unuse(void)
{
	atomic_dec(&users);
}

static void features(u8 *p)
{
	/* Always there on x86-64: cmpxchg8b mmx sse rdtsc sse2 nx cmpxchg16b fast-fail. */
	static const u8 always[] = { 2, 3, 6, 8, 10, 12, 14, 23 };

	for (u32 i = 0; i < ARRAY_SIZE(always); i++)
		p[always[i]] = 1;
	p[13] = cpu_has(FEAT_SSE3);
	p[17] = cpu_has(FEAT_XSAVE);
	p[28] = cpu_has(FEAT_RDRAND);
	p[32] = cpu_has(FEAT_RDTSCP);
	p[36] = cpu_has(FEAT_SSSE3);
	p[37] = cpu_has(FEAT_SSE4_1);
	p[38] = cpu_has(FEAT_SSE4_2);
	p[39] = cpu_has(FEAT_AVX);
	p[40] = cpu_has(FEAT_AVX2);
}

static void fill(u8 *p)
{
	bool has_avx = xstate_features() & NT_XSTATE_AVX;

	put_le32(p + 0x004, 0x01000000);
	put_le16(p + 0x02c, IMAGE_AMD64);
	put_le16(p + 0x02e, IMAGE_AMD64);
	for (u32 i = 0; SYSTEM_ROOT[i]; i++)
		put_le16(p + 0x030 + i * 2, (u8)SYSTEM_ROOT[i]);
	put_le32(p + 0x260, BUILD);
	put_le32(p + 0x264, 1);		/* workstation */
	p[0x268] = 1;
	put_le16(p + 0x26a, 9);		/* x86-64 */
	put_le32(p + 0x26c, 10);
	put_le32(p + 0x270, 0);
	features(p + 0x274);
	p[0x2d5] = 3;			/* no execution of data, always */
	put_le64(p + 0x300, 10000000);
	put_le32(p + 0x308, 0);		/* stubs use SYSCALL */
	put_le32(p + 0x3c0, cpu_count_online);
	put_le64(p + 0x3d8, has_avx ? 7 : 3);	/* x87, SSE, AVX in exception frames */
	put_le32(p + 0x3e8, has_avx ? 0x340 : 0x240);	/* size; {offset, size} of each */
	put_le32(p + 0x3f4, 160);
	put_le32(p + 0x3f8, 160);
	put_le32(p + 0x3fc, 256);
	put_le32(p + 0x400, has_avx ? 0x240 : 0);
	put_le32(p + 0x404, has_avx ? 256 : 0);
}

ntstatus nt_kuser_map(struct nt_vm *vm)
{
	struct nt_alloc *a;
	ntstatus s = STATUS_NO_MEMORY;

	kmutex_lock(&vm->lock);
	a = nt_vm_add(vm, NT_KUSER, NT_KUSER + NT_VM_GRANULE, MEM_PRIVATE, PAGE_READONLY);
	if (!a)
		goto out;
	a->is_fixed = true;
	if (nt_vm_mark(vm, NT_KUSER, NT_KUSER + PAGE_SIZE, PAGE_READONLY) ||
	    nt_vm_mark(vm, NT_KUSER + PAGE_SIZE, NT_KUSER + 2 * PAGE_SIZE, PAGE_EXECUTE_READ))
		goto out;
	if (aspace_map_special(vm->as, NT_KUSER, pages, 1, REGION_READ, NULL, NULL) != NT_KUSER ||
	    aspace_map_special(vm->as, NT_KUSER + PAGE_SIZE, pages + 1, 1,
			       REGION_READ | REGION_EXEC, NULL, NULL) != NT_KUSER + PAGE_SIZE)
		goto out;
	s = STATUS_SUCCESS;
out:
	kmutex_unlock(&vm->lock);
	return s;
}

s64 nt_time(void)
{
	return nt_time_of(clock_realtime_ns());
}

static int kuser_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);
		if (!pages[i])
			return -ENOMEM;
	}
	fill(page_to_virt(pages[0]));
	memcpy((u8 *)page_to_virt(pages[1]) + (NT_UNIX_STUB & (PAGE_SIZE - 1)), stub, sizeof(stub));
	timeout_init(&timer, tick, 0);
	return 0;
}
INITCALL(LATE, kuser_init);
