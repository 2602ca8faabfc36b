// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host side of system DLLs. Their handle is the base of the DLL, whose name tells
 * which table of functions a code belongs to. What is not here fails as on a host without the
 * library behind it.
 */
#include "../unix.h"

#include <tern/kernel/ns.h>

#include "../image.h"
#include "../path.h"
#include "../resolver.h"
#include "../vm.h"

#define NTDLL_PRECISE_TIME	2u
#define WS2_GETADDRINFO		0u
#define WS2_GETHOSTBYNAME	2u
#define WS2_GETHOSTNAME		3u
#define WS2_GETNAMEINFO		4u
#define WIN32U_INIT		0u

static ntstatus ntdll_call(u32 code, u64 args)
{
	s64 now = nt_time();

	if (code == NTDLL_PRECISE_TIME)
		return nt_put(now, (s64 __user *)args);
	return STATUS_UNSUCCESSFUL;
}

static ntstatus ws2_call(u32 code, u64 args)
{
	switch (code) {
	case WS2_GETADDRINFO:
		return nt_getaddrinfo(args);
	case WS2_GETHOSTBYNAME:
		return nt_gethostbyname(args);
	case WS2_GETHOSTNAME:
		return nt_gethostname(args);
	case WS2_GETNAMEINFO:
		return nt_getnameinfo(args);
	}
	return 11001;	/* WSAHOST_NOT_FOUND */
}

static ntstatus win32u_call(u32 code, u64 args)
{
	return code == WIN32U_INIT ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

static const struct { const char *dll; ntstatus (*call)(u32 code, u64 args); } tables[] = {
	{ "ntdll.dll", ntdll_call }, { "ws2_32.dll", ws2_call }, { "win32u.dll", win32u_call },
};

/* Name of the DLL's file, without its folder. */
static bool is_named(struct nt_image *img, const char *name)
{
	u32 len, at;
	u16 *path = nt_dos_of_file(img->file, &len);
	bool ok;

	if (!path)
		return false;
	for (at = len; at > 0 && path[at - 1] != '\\'; at--)
		;
	ok = nt_equal_ascii(path + at, len - at, name);
	kmem_free(path);
	return ok;
}

ntstatus nt_unix_call(u64 handle, u32 code, u64 args)
{
	struct nt_vm *vm = nt_process_self()->vm;
	struct nt_image *img = NULL;
	struct nt_alloc *a;
	ntstatus s = STATUS_NOT_SUPPORTED;

	kmutex_lock(&vm->lock);
	a = nt_vm_at(vm, handle);
	if (a && a->image) {
		img = a->image;
		nt_image_get(img);
	}
	kmutex_unlock(&vm->lock);
	if (!img)
		return STATUS_INVALID_HANDLE;
	for (u32 i = 0; i < ARRAY_SIZE(tables); i++)
		if (is_named(img, tables[i].dll)) {
			s = tables[i].call(code, args);
			break;
		}
	nt_image_put(img);
	return s;
}
