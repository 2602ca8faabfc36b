/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
void start(void)
{
	DWORD n;
	WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "k32 ok\r\n", 8, &n, 0);
	ExitProcess(5);
}
