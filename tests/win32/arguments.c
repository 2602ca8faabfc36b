/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments, environment, working directory, exit status. win32-arguments: one "two words" "a\"b" "c\\\\" */
#include "test.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	char buf[MAX_PATH];

	for (int i = 1; i < argc; i++)
		printf("argument %d: <%s>\n", i, argv[i]);
	SHOW(GetEnvironmentVariableA("NO_SUCH_VARIABLE", buf, sizeof(buf)));
	SHOW(GetLastError());
	SHOW(SetEnvironmentVariableA("WIN32_TEST", "a value"));
	SHOW(GetEnvironmentVariableA("WIN32_TEST", buf, sizeof(buf)));
	printf("%s\n", buf);
	SHOW(strcmp(getenv("SystemRoot"), "C:\\windows"));
	SHOW(GetCurrentDirectoryA(sizeof(buf), buf) > 2);
	printf("%c\n", buf[0]);
	SHOW(GetModuleFileNameA(NULL, buf, sizeof(buf)) > 0);
	printf("%s\n", strrchr(buf, '\\') + 1);
	SHOW(GetFileType(GetStdHandle(STD_INPUT_HANDLE)) == FILE_TYPE_CHAR);
	return 42;
}
