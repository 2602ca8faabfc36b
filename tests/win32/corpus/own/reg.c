/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
int main()
{
	HKEY k, s;
	DWORD disp, t, v = 42, n = 4;
	LONG r =
	    RegCreateKeyExA(HKEY_CURRENT_USER, "Software\\TernTest", 0, 0, 0, KEY_ALL_ACCESS, 0, &k,
			    &disp);
	printf("create=%ld disp=%lu\n", r, disp);
	printf("set=%ld\n", RegSetValueExA(k, "dw", 0, REG_DWORD, (BYTE *) & v, 4));
	RegSetValueExA(k, "sz", 0, REG_SZ, (BYTE *) "hello", 6);
	v = 0;
	printf("get=%ld", RegQueryValueExA(k, "dw", 0, &t, (BYTE *) & v, &n));
	printf(" t=%lu v=%lu\n", t, v);
	RegCreateKeyA(k, "sub", &s);
	RegCloseKey(s);
	char nm[64];
	n = 64;
	printf("enum=%ld", RegEnumKeyExA(k, 0, nm, &n, 0, 0, 0, 0));
	printf(" %s\n", nm);
	n = 64;
	DWORD ty;
	printf("enumv=%ld", RegEnumValueA(k, 0, nm, &n, 0, &ty, 0, 0));
	printf(" %s %lu\n", nm, ty);
	DWORD nk, nv;
	RegQueryInfoKeyA(k, 0, 0, 0, &nk, 0, 0, &nv, 0, 0, 0, 0);
	printf("info %lu %lu\n", nk, nv);
	LONG e1 = RegDeleteValueA(k, "dw"), e2 = RegDeleteKeyA(k, "sub");
	printf("delv=%ld delk=%ld\n", e1, e2);
	RegCloseKey(k);
	printf("del=%ld\n", RegDeleteKeyA(HKEY_CURRENT_USER, "Software\\TernTest"));
	r = RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", 0,
			  KEY_READ, &k);
	printf("hklm=%ld\n", r);
	if (!r) {
		n = 64;
		RegQueryValueExA(k, "ProductName", 0, &t, (BYTE *) nm, &n);
		printf("prod=%s\n", nm);
	}
	r = RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\NoSuch", 0, KEY_READ, &k);
	printf("nosuch=%ld\n", r);
	char u[100];
	n = 100;
	printf("user=%d\n", GetUserNameA(u, &n));
	HANDLE tk;
	printf("tok=%d\n", OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &tk));
	BYTE b[256];
	printf("ti=%d\n", GetTokenInformation(tk, TokenUser, b, 256, &n));
	return 0;
}
