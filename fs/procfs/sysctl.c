// SPDX-License-Identifier: GPL-2.0-only
/* /proc/sys: settings whose values are real. */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/loader.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/random.h>
#include <tern/kernel/version.h>
#include <tern/mm/userfault.h>
#include <tern/mm/aspace.h>
#include <tern/mm/reclaim.h>
#include <tern/mm/swap.h>

/* ---- names ---- */

static void print_uts(struct seqbuf *sb, void *arg)
{
	struct utsname_ u;

	utsns_read(&u);
	seqbuf_printf(sb, "%s\n", (const char *)&u + (uptr)arg);
}

static ssize_t uts_write(bool is_domain, const char *text, size_t n)
{
	size_t len = strcspn(text, "\n");
	int err = utsns_set(is_domain, text, min_t(size_t, len, UTS_LEN - 1));

	return err ? err : (ssize_t)n;
}

static ssize_t hostname_write(const char *text, size_t n, void *arg)
{
	return uts_write(false, text, n);
}

static ssize_t domainname_write(const char *text, size_t n, void *arg)
{
	return uts_write(true, text, n);
}

#define UTS_FILE(var, file, member, wr)						\
	static struct procfile var = { .path = "sys/kernel/" file, .print = print_uts,	\
		.write = wr, .arg = (void *)offsetof(struct utsname_, member) };	\
	PROCFILE(var)
UTS_FILE(hostname_file, "hostname", nodename, hostname_write);
UTS_FILE(domainname_file, "domainname", domainname, domainname_write);
UTS_FILE(ostype_file, "ostype", sysname, NULL);
UTS_FILE(osrelease_file, "osrelease", release, NULL);
UTS_FILE(osversion_file, "version", version, NULL);

/* ---- numbers that never change ---- */

static void print_number(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", (u64)(uptr)arg);
}

#define CONSTANT(var, file, value)						\
	static struct procfile var = { .path = "sys/" file, .print = print_number,	\
		.arg = (void *)(uptr)(value) };					\
	PROCFILE(var)
CONSTANT(cap_last_cap_file, "kernel/cap_last_cap", CAP_LAST);
CONSTANT(ngroups_file, "kernel/ngroups_max", 65536);
CONSTANT(overflowuid_file, "kernel/overflowuid", 65534);
CONSTANT(overflowgid_file, "kernel/overflowgid", 65534);
CONSTANT(mmap_min_addr_file, "vm/mmap_min_addr", USER_MIN);

/* ---- the log ---- */

static void print_printk(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\t%d\t1\t%d\n", klog_console_level(), KLOG_WARNING,
		      klog_default_console_level());
}

static ssize_t printk_write(const char *text, size_t n, void *arg)
{
	const char *end;
	s64 level;

	while (char_is_space(*text))
		text++;
	if (parse_s64(text, 10, &level, &end) || level < 0 || level > 15)
		return -EINVAL;
	klog_set_console_level(level);
	return n;
}
static struct procfile printk_file = { .path = "sys/kernel/printk", .print = print_printk,
	.write = printk_write };
PROCFILE(printk_file);

/* ---- random ---- */

static void print_uuid_bytes(struct seqbuf *sb, const u8 b[16])
{
	for (int i = 0; i < 16; i++)
		seqbuf_printf(sb, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	seqbuf_putc(sb, '\n');
}

static void uuid_make(u8 b[16])
{
	random_bytes(b, 16);
	b[6] = (b[6] & 0x0f) | 0x40;	/* version 4: random */
	b[8] = (b[8] & 0x3f) | 0x80;
}

static void print_uuid(struct seqbuf *sb, void *arg)
{
	u8 b[16];

	uuid_make(b);
	print_uuid_bytes(sb, b);
}
static struct procfile uuid_file = { .path = "sys/kernel/random/uuid", .print = print_uuid };
PROCFILE(uuid_file);

static void print_boot_id(struct seqbuf *sb, void *arg)
{
	static struct spin lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects id, is_made */
	static u8 id[16];
	static bool is_made;

	spin_lock(&lock);
	if (!is_made) {
		uuid_make(id);
		is_made = true;
	}
	spin_unlock(&lock);
	print_uuid_bytes(sb, id);
}
static struct procfile boot_id_file = { .path = "sys/kernel/random/boot_id", .print = print_boot_id };
PROCFILE(boot_id_file);

static void print_entropy(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", random_entropy_bits());
}
static struct procfile entropy_file = { .path = "sys/kernel/random/entropy_avail",
	.print = print_entropy };
PROCFILE(entropy_file);
CONSTANT(poolsize_file, "kernel/random/poolsize", RANDOM_POOL_BITS);

/* ---- processes ---- */

static struct procint pid_max_int = { .path = "sys/kernel/pid_max", .value = (u64 *)&pid_limit,
	.min = 301, .max = 4194304, .width = 4 };
PROCINT(pid_max_int);
static struct procint threads_max_int = { .path = "sys/kernel/threads-max", .value = &process_thread_max,
	.min = 20, .max = 4194304, .width = 8 };
PROCINT(threads_max_int);

/* ---- programs ---- */

static struct procint randomize_int = { .path = "sys/kernel/randomize_va_space",
	.value = &exec_randomize, .min = 0, .max = 2, .width = 8 };
PROCINT(randomize_int);

static void print_tainted(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", klog_taint_mask());
}
static struct procfile tainted_file = { .path = "sys/kernel/tainted", .print = print_tainted };
PROCFILE(tainted_file);

/* ---- files ---- */

static void print_file_nr(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\t0\t%lu\n", ofile_count(), min_t(u64, ofile_max(), S64_MAX));
}
static struct procfile file_nr_file = { .path = "sys/fs/file-nr", .print = print_file_nr };
PROCFILE(file_nr_file);

/* ---- memory ---- */

static struct procint overcommit_int = { .path = "sys/vm/overcommit_memory",
	.value = (u64 *)&vm_overcommit_mode, .min = 0, .max = 2, .width = 4 };
PROCINT(overcommit_int);
static struct procint userfaultfd_int = { .path = "sys/vm/unprivileged_userfaultfd",
	.value = (u64 *)&uffd_unprivileged, .min = 0, .max = 1, .width = 4 };
PROCINT(userfaultfd_int);
static struct procint overcommit_ratio_int = { .path = "sys/vm/overcommit_ratio",
	.value = (u64 *)&vm_overcommit_ratio, .min = 0, .max = S32_MAX, .width = 4 };
PROCINT(overcommit_ratio_int);
static struct procint max_map_int = { .path = "sys/vm/max_map_count",
	.value = (u64 *)&vm_max_map_count, .min = 0, .max = S32_MAX, .width = 4 };
PROCINT(max_map_int);

static struct procint swappiness_int = { .path = "sys/vm/swappiness",
	.value = (u64 *)&vm_swappiness, .min = 0, .max = 200, .width = 4 };
PROCINT(swappiness_int);
static struct procint page_cluster_int = { .path = "sys/vm/page-cluster",
	.value = (u64 *)&vm_page_cluster, .min = 0, .max = 31, .width = 4 };
PROCINT(page_cluster_int);

static void print_zero(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "0\n");
}

static ssize_t drop_caches_write(const char *text, size_t n, void *arg)
{
	u64 what;

	if (parse_u64(str_trim((char *)text), 10, &what, NULL) || !what || what > 4)
		return -EINVAL;
	reclaim_drop_caches(what & 3);
	return n;
}
static struct procfile drop_caches_file = { .path = "sys/vm/drop_caches", .mode = 0200,
	.print = print_zero, .write = drop_caches_write };
PROCFILE(drop_caches_file);
