/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
static BOOL WINAPI h(DWORD t)
{
	fprintf(stderr, "ctrl %lu\n", t);
	return TRUE;
}

int main(int c, char **v)
{
	HANDLE o = GetStdHandle(STD_OUTPUT_HANDLE), i = GetStdHandle(STD_INPUT_HANDLE);
	DWORD m = 0, n;
	fprintf(stderr, "types %lu %lu cp=%u/%u\n", GetFileType(i), GetFileType(o), GetConsoleCP(),
		GetConsoleOutputCP());
	fprintf(stderr, "in mode %d", GetConsoleMode(i, &m));
	fprintf(stderr, " %lx\n", m);
	fprintf(stderr, "out mode %d", GetConsoleMode(o, &m));
	fprintf(stderr, " %lx\n", m);
	fprintf(stderr, "vt=%d\n", SetConsoleMode(o, m | 4));
	BOOL w = WriteConsoleW(o, L"wide \x00e9\x4e2d\r\n", 9, &n, 0);
	fprintf(stderr, "wc=%d err=%lu\n", w, w ? 0 : GetLastError());
	CONSOLE_SCREEN_BUFFER_INFO b;
	if (GetConsoleScreenBufferInfo(o, &b))
		fprintf(stderr, "size %dx%d\n", b.dwSize.X, b.dwSize.Y);
	SetConsoleCtrlHandler(h, TRUE);
	SetConsoleTitleA("x");
	SetConsoleTextAttribute(o, 12);
	printf("printf line\n");
	fflush(stdout);
	char l[100];
	if (c > 1 && fgets(l, 100, stdin))
		printf("read: %s", l);
	return 3;
}
