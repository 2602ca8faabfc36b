/* SPDX-License-Identifier: GPL-2.0-only */
/* `regkeep get NAME`, `regkeep set NAME TEXT` (and written to the file before it ends), `regkeep drop`. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#define KEY	"Software\\Keep\\Deep"

int main(int argc, char **argv)
{
	char text[256] = "";
	DWORD n = sizeof(text), type = 0;
	LONG err;
	HKEY key;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "drop")) {
		printf("drop %ld\n", RegDeleteKeyA(HKEY_CURRENT_USER, KEY));
		return 0;
	}
	err = RegCreateKeyA(HKEY_CURRENT_USER, KEY, &key);
	if (!err && !strcmp(argv[1], "get")) {
		err = RegQueryValueExA(key, argv[2], NULL, &type, (BYTE *)text, &n);
		printf("get %ld type %lu <%s>\n", err, type, text);
	} else if (!err) {
		err = RegSetValueExA(key, argv[2], 0, REG_SZ, (const BYTE *)argv[3], strlen(argv[3]) + 1);
		printf("set %ld, flush %ld\n", err, RegFlushKey(key));
	}
	return 0;
}
