/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes Ctrl-C twice by a handler of its own, leaves the third to the system's. */
#include <stdio.h>
#include <windows.h>

static volatile LONG calls;

static BOOL WINAPI handler(DWORD type)
{
	LONG n = InterlockedIncrement(&calls);

	if (n > 2)
		return FALSE;
	printf("handler %lu called\n", type);
	fflush(stdout);
	return TRUE;
}

int main(void)
{
	SetConsoleCtrlHandler(handler, TRUE);
	printf("ready\n");
	fflush(stdout);
	Sleep(60000);
	return 1;
}
