// SPDX-License-Identifier: GPL-2.0-only
/*
 * reboot(2): the magic numbers, then off, halt or restart. In a pid namespace of its own
 * that is the end of its init, which its parent sees as a signal.
 */
#include "proc_impl.h"

#include <asm/cpu.h>
#include <asm/power.h>
#include <asm/uaccess.h>
#include <tern/base/rcu.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/pidns.h>
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

/* The caller ends with its namespace's init. */
static long reboot_namespace(struct pidns *ns, u32 cmd)
{
	struct process *init;

	switch (cmd) {
	case CMD_RESTART:
	case CMD_RESTART2:
		WRITE_ONCE(ns->reboot_signal, SIGHUP);
		break;
	case CMD_POWER_OFF:
	case CMD_HALT:
		WRITE_ONCE(ns->reboot_signal, SIGINT);
		break;
	default:
		return -EINVAL;
	}
	rcu_read_lock();
	init = READ_ONCE(ns->init);
	if (init)
		signal_send_process(init, SIGKILL, NULL);
	rcu_read_unlock();
	process_exit_group(0);
}

long sys_reboot(u32 magic1, u32 magic2, u32 cmd, void *arg)
{
	struct pidns *ns = pidns_self();
	char text[256];
	ssize_t n;

	if (!cap_has_in(ns->base.owner, CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != MAGIC1 || !magic2_is_valid(magic2))
		return -EINVAL;
	if (ns != &pidns_initial)
		return reboot_namespace(ns, cmd);
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
