// SPDX-License-Identifier: GPL-2.0-only
/* reboot(2): the magic numbers, then off, halt or restart. */
#include "proc_impl.h"

#include <asm/cpu.h>
#include <asm/power.h>
#include <asm/uaccess.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/syscalls.h>

#define MAGIC1	0xfee1dead
#define CMD_RESTART	0x01234567u
#define CMD_HALT	0xcdef0123u
#define CMD_CAD_ON	0x89abcdefu
#define CMD_CAD_OFF	0u
#define CMD_POWER_OFF	0x4321fedcu
#define CMD_RESTART2	0xa1b2c3d4u

/* Ctrl-Alt-Del: restart at once, or SIGINT to init. */
u64 process_cad_restarts = 1;

static bool magic2_is_valid(u32 m)
{
	return m == 672274793 || m == 85072278 || m == 369367448 || m == 537993216;
}

void process_ctrl_alt_del(void)
{
	if (READ_ONCE(process_cad_restarts))
		arch_reboot();
	if (process_pid1)
		signal_send_process(process_pid1, SIGINT, NULL);
}

long sys_reboot(u32 magic1, u32 magic2, u32 cmd, void *arg)
{
	char text[256];
	ssize_t n;

	if (!cap_has(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != MAGIC1 || !magic2_is_valid(magic2))
		return -EINVAL;
	switch (cmd) {
	case CMD_CAD_ON:
		process_cad_restarts = 1;
		return 0;
	case CMD_CAD_OFF:
		process_cad_restarts = 0;
		return 0;
	case CMD_RESTART2:
		n = user_strncpy(text, arg, sizeof(text));
		if (n < 0)
			return n;
		fallthrough;
	case CMD_RESTART:
		kinfo("Restarting");
		arch_reboot();
	case CMD_POWER_OFF:
		kinfo("Powering off");
		arch_poweroff();
	case CMD_HALT:
		kinfo("Halted");
		irq_disable();
		cpu_halt_forever();
	}
	return -EINVAL;
}
