// SPDX-License-Identifier: GPL-2.0-only
/*
 * bcryptprimitives.dll: one function, which programs built by recent compilers of Rust and
 * Go import and Debian's set of DLLs does not have.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size);
BOOL WINAPI ProcessPrng(BYTE *data, SIZE_T size)
{
	while (size) {
		ULONG n = size > 0x10000000 ? 0x10000000 : (ULONG)size;

		if (!SystemFunction036(data, n))
			return FALSE;
		data += n;
		size -= n;
	}
	return TRUE;
}
