/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry: keys, values, order, sizes, rights. */
#include "nt.h"

#define ROOT "Software\\TernTest"

static HKEY root(void)
{
	HKEY k = NULL;

	RegCreateKeyExA(HKEY_CURRENT_USER, ROOT, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &k, NULL);
	return k;
}

static void create_and_open(void)
{
	HKEY k = NULL, again = NULL;
	DWORD d = 9;

	SHOW(RegCreateKeyExA(HKEY_CURRENT_USER, ROOT "\\one", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &k, &d));
	SHOW(d);
	SHOW(RegCreateKeyExA(HKEY_CURRENT_USER, ROOT "\\ONE", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &again, &d));
	SHOW(d);
	SHOW(RegCloseKey(again));
	SHOW(RegOpenKeyExA(HKEY_CURRENT_USER, ROOT "\\one", 0, KEY_READ, &again));
	SHOW(RegCloseKey(again));
	SHOW(RegOpenKeyExA(HKEY_CURRENT_USER, ROOT "\\none", 0, KEY_READ, &again));
	SHOW(RegOpenKeyExA(HKEY_CURRENT_USER, ROOT "\\one\\two\\three", 0, KEY_READ, &again));
	SHOW(RegCloseKey(k));
	SHOW(RegCloseKey(k));
}

static void values(void)
{
	HKEY k = root();
	DWORD v = 0x01020304, type = 0, n = sizeof(v);
	char text[40] = { 0 };

	SHOW(RegSetValueExA(k, "number", 0, REG_DWORD, (BYTE *)&v, 4));
	v = 0;
	SHOW(RegQueryValueExA(k, "NUMBER", NULL, &type, (BYTE *)&v, &n));
	printf("%lx %lu %lu\n", v, type, n);
	SHOW(RegSetValueExA(k, "text", 0, REG_SZ, (const BYTE *)"some text", 10));
	n = sizeof(text);
	SHOW(RegQueryValueExA(k, "text", NULL, &type, (BYTE *)text, &n));
	printf("%s %lu %lu\n", text, type, n);
	SHOW(RegSetValueExA(k, NULL, 0, REG_SZ, (const BYTE *)"default", 8));
	n = sizeof(text);
	SHOW(RegQueryValueExA(k, "", NULL, &type, (BYTE *)text, &n));
	printf("%s %lu %lu\n", text, type, n);
	SHOW(RegDeleteValueA(k, "number"));
	SHOW(RegDeleteValueA(k, "number"));
	SHOW(RegQueryValueExA(k, "number", NULL, NULL, NULL, &n));
	RegCloseKey(k);
}

static void small_buffers(void)
{
	HKEY k = root();
	char buf[4];
	DWORD n = 4, type;

	SHOW(RegQueryValueExA(k, "text", NULL, &type, (BYTE *)buf, &n));
	SHOW(n);
	SHOW(RegQueryValueExA(k, "text", NULL, NULL, NULL, &n));
	SHOW(n);
	SHOW(RegQueryValueExA(k, "text", NULL, NULL, (BYTE *)buf, NULL));
	RegCloseKey(k);
}

static void types(void)
{
	static const DWORD kinds[] = { REG_NONE, REG_BINARY, REG_EXPAND_SZ, REG_MULTI_SZ, REG_QWORD, 77 };
	HKEY k = root();
	char buf[64];
	DWORD type, n;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		LONG s = RegSetValueExA(k, "typed", 0, kinds[i], (const BYTE *)"%windir%\0two\0\0", 14);

		n = sizeof(buf);
		printf("%lu: %ld", kinds[i], s);
		s = RegQueryValueExA(k, "typed", NULL, &type, (BYTE *)buf, &n);
		printf(" %ld %lu %lu\n", s, type, n);
	}
	n = sizeof(buf);
	RegSetValueExA(k, "expand", 0, REG_EXPAND_SZ, (const BYTE *)"%SystemRoot%\\x", 15);
	SHOW(RegGetValueA(k, NULL, "expand", RRF_RT_REG_SZ, &type, buf, &n));
	puts(buf);
	SHOW(RegGetValueA(k, NULL, "typed", RRF_RT_REG_DWORD, &type, buf, &n));
	RegCloseKey(k);
}

static void enumeration(void)
{
	static const char *const names[] = { "delta", "Alpha", "charlie", "bravo" };
	HKEY k = root(), sub;
	char name[64];
	DWORD n;

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "list\\%s", names[i]);
		RegCreateKeyExA(k, name, 0, NULL, 0, KEY_READ, NULL, &sub, NULL);
		RegCloseKey(sub);
	}
	RegOpenKeyExA(k, "list", 0, KEY_ALL_ACCESS, &sub);
	for (DWORD i = 0;; i++) {
		LONG s;

		n = sizeof(name);
		s = RegEnumKeyExA(sub, i, name, &n, NULL, NULL, NULL, NULL);
		printf("%lu: %ld %s\n", i, s, s ? "" : name);
		if (s)
			break;
	}
	n = 3;
	SHOW(RegEnumKeyExA(sub, 0, name, &n, NULL, NULL, NULL, NULL));
	RegCloseKey(sub);
	RegCloseKey(k);
}

static void value_enumeration(void)
{
	HKEY k = root(), sub;
	char name[64];
	DWORD n, type;

	RegCreateKeyExA(k, "vals", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &sub, NULL);
	RegSetValueExA(sub, "zz", 0, REG_SZ, (const BYTE *)"1", 2);
	RegSetValueExA(sub, "aa", 0, REG_SZ, (const BYTE *)"2", 2);
	RegSetValueExA(sub, "mm", 0, REG_SZ, (const BYTE *)"3", 2);
	RegDeleteValueA(sub, "aa");
	RegSetValueExA(sub, "bb", 0, REG_SZ, (const BYTE *)"4", 2);
	for (DWORD i = 0;; i++) {
		LONG s;

		n = sizeof(name);
		s = RegEnumValueA(sub, i, name, &n, NULL, &type, NULL, NULL);
		if (s) {
			SHOW(s);
			break;
		}
	}
	SHOW(RegCloseKey(sub));
	RegCloseKey(k);
}

static void key_information(void)
{
	HKEY k = root(), sub;
	DWORD subkeys = 9, longest = 9, vals = 9, longest_name = 9, longest_data = 9;

	RegOpenKeyExA(k, "list", 0, KEY_ALL_ACCESS, &sub);
	RegSetValueExA(sub, "abc", 0, REG_BINARY, (const BYTE *)"12345", 5);
	SHOW(RegQueryInfoKeyA(sub, NULL, NULL, NULL, &subkeys, &longest, NULL, &vals, &longest_name, &longest_data,
			      NULL, NULL));
	printf("%lu %lu %lu %lu %lu\n", subkeys, longest, vals, longest_name, longest_data);
	RegCloseKey(sub);
	RegCloseKey(k);
}

static void deletion(void)
{
	HKEY k = root(), sub;

	SHOW(RegDeleteKeyA(k, "list"));
	SHOW(RegDeleteKeyA(k, "list\\Alpha"));
	SHOW(RegDeleteKeyA(k, "list\\Alpha"));
	RegOpenKeyExA(k, "list\\bravo", 0, KEY_ALL_ACCESS, &sub);
	SHOW(RegDeleteKeyA(k, "list\\bravo"));
	SHOW(RegSetValueExA(sub, "x", 0, REG_SZ, (const BYTE *)"", 1));
	SHOW(RegCloseKey(sub));
	SHOW(RegDeleteTreeA(k, "list"));
	SHOW(RegOpenKeyExA(k, "list", 0, KEY_READ, &sub));
	RegCloseKey(k);
}

static void rights(void)
{
	HKEY k = NULL;
	DWORD n = 0;

	RegOpenKeyExA(HKEY_CURRENT_USER, ROOT, 0, KEY_QUERY_VALUE, &k);
	SHOW(RegSetValueExA(k, "x", 0, REG_SZ, (const BYTE *)"", 1));
	SHOW(RegQueryValueExA(k, "text", NULL, NULL, NULL, &n));
	RegCloseKey(k);
	RegOpenKeyExA(HKEY_CURRENT_USER, ROOT, 0, KEY_SET_VALUE, &k);
	SHOW(RegQueryValueExA(k, "text", NULL, NULL, NULL, &n));
	SHOW(RegSetValueExA(k, "x", 0, REG_SZ, (const BYTE *)"", 1));
	RegCloseKey(k);
}

static void unicode(void)
{
	HKEY k = root(), sub = NULL;
	WCHAR text[20] = { 0 };
	DWORD n = sizeof(text), type;

	SHOW(RegCreateKeyExW(k, L"\x043a\x043b\x044e\x0447", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &sub, NULL));
	SHOW(RegSetValueExW(sub, L"\x4e2d", 0, REG_SZ, (const BYTE *)L"\x00e9t\x00e9", 8));
	SHOW(RegQueryValueExW(sub, L"\x4e2d", NULL, &type, (BYTE *)text, &n));
	SHOW(n == 8 && text[0] == 0xe9);
	RegCloseKey(sub);
	SHOW(RegDeleteKeyW(k, L"\x041a\x043b\x044e\x0447"));
	RegCloseKey(k);
}

static void large_value(void)
{
	static BYTE big[100000], back[100000];
	HKEY k = root();
	DWORD n = sizeof(back), type;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (BYTE)(i * 7);
	SHOW(RegSetValueExA(k, "big", 0, REG_BINARY, big, sizeof(big)));
	SHOW(RegQueryValueExA(k, "big", NULL, &type, back, &n));
	SHOW(n == sizeof(big) && !memcmp(big, back, n));
	RegCloseKey(k);
}

static void predefined(void)
{
	HKEY k;

	SHOW(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\Microsoft\\Windows NT\\CurrentVersion", 0, KEY_READ, &k));
	RegCloseKey(k);
	SHOW(RegOpenKeyExA(HKEY_CURRENT_USER, NULL, 0, KEY_READ, &k));
	RegCloseKey(k);
	SHOW(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "Software\\NoSuchThing", 0, KEY_READ, &k));
	SHOW(RegOpenKeyExA((HKEY)0x1234, "x", 0, KEY_READ, &k));
}

static void volatile_keys(void)
{
	HKEY k = root(), v = NULL, sub = NULL;

	SHOW(RegCreateKeyExA(k, "vol", 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL, &v, NULL));
	SHOW(RegCreateKeyExA(v, "stays", 0, NULL, 0, KEY_ALL_ACCESS, NULL, &sub, NULL));
	RegCloseKey(sub);
	RegCloseKey(v);
	SHOW(RegDeleteTreeA(k, "vol"));
	RegCloseKey(k);
}

static void leave_nothing(void)
{
	HKEY k = root();

	SHOW(RegFlushKey(k));
	RegCloseKey(k);
	SHOW(RegDeleteTreeA(HKEY_CURRENT_USER, ROOT));
	SHOW(RegOpenKeyExA(HKEY_CURRENT_USER, ROOT, 0, KEY_READ, &k));
}

TEST_TABLE(CASE(create_and_open), CASE(values), CASE(small_buffers), CASE(types), CASE(enumeration),
	   CASE(value_enumeration), CASE(key_information), CASE(deletion), CASE(rights), CASE(unicode),
	   CASE(large_value), CASE(predefined), CASE(volatile_keys), CASE(leave_nothing))
