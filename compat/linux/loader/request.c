// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules on demand: /proc/sys/kernel/modprobe is run with the name that somebody asked for, as user
 * space's tables know it. At most REQUESTS_MAX at once: a module whose init asks for itself ends there.
 */
#include "loader_impl.h"

#include <tern/base/err.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/process.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#include "../runtime.h"

#define REQUESTS_MAX	50
#define REQUEST_WAIT	(5 * NSEC_PER_SEC)

static char modprobe_path[256] = "/sbin/modprobe";
static struct kmutex path_lock = KMUTEX_INIT(path_lock, LOCKRANK_NONE);	/* protects modprobe_path */
static atomic32 running;
static struct waitq turn = WAITQ_INIT(turn);

bool modules_are_final;

static bool begin(void)
{
	if (atomic_add_return(&running, 1) <= REQUESTS_MAX)
		return true;
	atomic_dec(&running);
	return false;
}

static void end(void)
{
	atomic_dec(&running);
	waitq_wake_one(&turn);
}

int module_request(const char *name)
{
	char path[sizeof(modprobe_path)];
	const char *argv[] = { path, "-q", "--", name, NULL };
	int err;

	kmutex_lock(&path_lock);
	strcpy(path, modprobe_path);
	kmutex_unlock(&path_lock);
	if (!path[0] || modules_are_final)
		return -ENOENT;
	err = waitq_wait_intr_until(&turn, begin(), deadline_after(REQUEST_WAIT));
	if (err) {
		kwarn("modprobe: %d requests run, %s waits in vain", REQUESTS_MAX, name);
		return err == -ETIMEDOUT ? -ETIME : err;
	}
	err = helper_run(argv);
	end();
	return err;
}

int lx___request_module(bool wait, const char *fmt, ...)
{
	char name[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return n >= (int)sizeof(name) ? -ENAMETOOLONG : module_request(name);
}
LX_EXPORT(__request_module);

/* ---- /proc/sys/kernel ---- */

static void print_path(struct seqbuf *sb, void *arg)
{
	kmutex_lock(&path_lock);
	seqbuf_printf(sb, "%s\n", modprobe_path);
	kmutex_unlock(&path_lock);
}

static ssize_t write_path(const char *text, size_t n, void *arg)
{
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(modprobe_path))
		len = sizeof(modprobe_path) - 1;
	kmutex_lock(&path_lock);
	memcpy(modprobe_path, text, len);
	modprobe_path[len] = 0;
	kmutex_unlock(&path_lock);
	return (ssize_t)n;
}
static struct procfile modprobe_file = { .path = "sys/kernel/modprobe", .mode = 0644, .print = print_path,
					 .write = write_path };
PROCFILE(modprobe_file);

static void print_final(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", modules_are_final);
}

/* Once only: no module comes or goes any more. */
static ssize_t write_final(const char *text, size_t n, void *arg)
{
	size_t len = strcspn(text, "\n");

	if (len != 1 || (text[0] != '0' && text[0] != '1') || (modules_are_final && text[0] == '0'))
		return -EINVAL;
	if (text[0] == '1')
		WRITE_ONCE(modules_are_final, true);
	return (ssize_t)n;
}
static struct procfile final_file = { .path = "sys/kernel/modules_disabled", .mode = 0644, .print = print_final,
				      .write = write_final };
PROCFILE(final_file);
