// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does what its parameter `what` says: fail, return nonsense, warn, touch the null page,
 * reach a BUG, leave with a lock's count. For tests of containment.
 */
#include <generated/lx_types.h>

extern const struct lx_kernel_param_ops param_ops_int;
extern int _printk(const char *fmt, ...);
extern struct lx_module __this_module;

enum { FINE, FAIL, NONSENSE, WARNING, NULL_READ, NULL_WRITE, BUG };

static int what;
static const char name[] = "what";
static struct lx_kernel_param param __attribute__((used, section("__param"), aligned(8))) = {
	.name = name, .mod = &__this_module, .ops = &param_ops_int, .perm = 0444, .level = -1, .arg = &what,
};

/* An entry of __bug_table: places relative to themselves. */
#define UD2(flags)								\
	__asm__ volatile("1: ud2\n"						\
			 ".pushsection __bug_table, \"aw\"\n"			\
			 "2: .long 1b - ., 3f - .\n .word 42, " #flags "\n"	\
			 ".popsection\n"					\
			 ".pushsection .rodata\n 3: .asciz \"faulty.c\"\n .popsection\n" : : : "memory")

int init_module(void);
int init_module(void)
{
	volatile int *null = (volatile int *)8;

	__asm__("" : "+r" (null));
	switch (what) {
	case FAIL:
		return -12;
	case NONSENSE:
		return 12345;
	case WARNING:
		UD2(0x901);
		_printk("\0016faulty: went on behind the warning\n");
		return 0;
	case NULL_READ:
		return *null;
	case NULL_WRITE:
		*null = 1;
		return 0;
	case BUG:
		UD2(0);
		return 0;
	}
	return 0;
}

void cleanup_module(void);
void cleanup_module(void)
{
}
