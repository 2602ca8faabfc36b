// SPDX-License-Identifier: GPL-2.0-only
/* Small services: time, locale, NLS tables, debug output. */
#include "../nt.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <uapi/fcntl.h>

#include "../path.h"
#include "../section.h"

#define LCID_EN_US	0x409u
#define QPC_HZ		10000000L
#define DEBUG_MAX	1024u

ntstatus nt_query_system_time(s64 __user *out)
{
	return nt_put(nt_time(), out);
}

ntstatus nt_query_performance_counter(s64 __user *counter, s64 __user *frequency)
{
	if (user_put((s64)(clock_ns() / 100), counter))
		return STATUS_ACCESS_VIOLATION;
	return frequency ? nt_put(QPC_HZ, frequency) : STATUS_SUCCESS;
}

ntstatus nt_query_timer_resolution(u32 __user *longest, u32 __user *shortest, u32 __user *now)
{
	if (user_put(156250u, longest) || user_put(5000u, shortest))
		return STATUS_ACCESS_VIOLATION;
	return nt_put(10000u, now);
}

/* Timers are exact whatever is asked for. */
ntstatus nt_set_timer_resolution(u32 wanted, u8 on, u32 __user *now)
{
	return nt_put(10000u, now);
}

ntstatus nt_query_default_locale(u8 of_user, u32 __user *out)
{
	return nt_put(LCID_EN_US, out);
}

ntstatus nt_query_default_ui_language(u16 __user *out)
{
	return nt_put((u16)LCID_EN_US, out);
}

/* ---- tables of national languages: files in system32 ---- */

static ntstatus map_table(const char *name, uptr *base, u64 *size)
{
	char path[64];
	struct ofile *of;
	ntstatus s;

	*size = 0;
	strlcpy(path, NT_SYSTEM32, sizeof(path));
	strlcat(path, name, sizeof(path));
	of = ofile_open_kernel(path, O_RDONLY, 0);
	if (IS_ERR(of))
		return nt_status_of(PTR_ERR(of));
	*size = (u64)vnode_size(of->of_vnode);
	s = nt_section_map_file(nt_process_self()->vm, of, *size, base);
	ofile_put(of);
	return s;
}

ntstatus nt_initialize_nls_files(u64 __user *out, u32 __user *lcid, s64 __user *usize)
{
	uptr base;
	u64 size;

	NT_CHECK(map_table("locale.nls", &base, &size));
	if (user_put(base, out) || user_put(LCID_EN_US, lcid))
		return STATUS_ACCESS_VIOLATION;
	return usize ? nt_put((s64)size, usize) : STATUS_SUCCESS;
}

static const char *form_name(u32 id)
{
	switch (id) {
	case 1:
		return "normnfc.nls";
	case 2:
		return "normnfd.nls";
	case 5:
		return "normnfkc.nls";
	case 6:
		return "normnfkd.nls";
	case 13:
		return "normidna.nls";
	}
	return NULL;
}

ntstatus nt_get_nls_section_ptr(u32 type, u32 id, u64 unused, u64 __user *out, u64 __user *usize)
{
	const char *name = NULL;
	char buf[24];
	uptr base;
	u64 size;

	switch (type) {
	case 9:
		name = id ? NULL : "sortdefault.nls";
		break;
	case 10:
		name = "l_intl.nls";
		break;
	case 11:
		fmt_print(buf, sizeof(buf), "c_%03u.nls", id);
		name = buf;
		break;
	case 12:
		name = form_name(id);
		break;
	}
	if (!name)
		return STATUS_INVALID_PARAMETER_1;
	NT_CHECK(map_table(name, &base, &size));
	if (user_put(base, out))
		return STATUS_ACCESS_VIOLATION;
	return usize ? nt_put(size, usize) : STATUS_SUCCESS;
}

/* ntdll's own messages go to standard error of the Linux side. */
ntstatus nt_dbg_write(const char __user *text, u32 len)
{
	struct ofile *f = fd_get(2);
	struct uio u;
	ssize_t n;

	if (IS_ERR(f))
		return STATUS_SUCCESS;
	n = uio_init_user(&u, (void __user *)text, min(len, DEBUG_MAX)) ? -EFAULT :
	    ofile_transfer(f, &u, -1, true, 0);
	ofile_put(f);
	return n < 0 ? nt_status_of(n) : (ntstatus)n;
}

ntstatus nt_allocate_locally_unique_id(u64 __user *out)
{
	static atomic64 last = { 1000 };

	return nt_put((u64)atomic_add_return(&last, 1), out);
}
