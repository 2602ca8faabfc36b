/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two processes on a named pipe: `pipetalk server CLIENTS` answers each message with its
 * letters in upper case, an instance and a thread for each client; `pipetalk client TAG` sends
 * MESSAGES of growing length and looks at each answer.
 */
#include <windows.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME		"\\\\.\\pipe\\talk"
#define MESSAGES	300
#define LENGTH_MAX	5000

static DWORD WINAPI serve(void *arg)
{
	static const DWORD room = LENGTH_MAX;
	HANDLE pipe = arg;
	char *text = malloc(room);
	DWORD n, sum = 0;

	while (ReadFile(pipe, text, room, &n, NULL)) {
		for (DWORD i = 0; i < n; i++)
			text[i] = toupper((unsigned char)text[i]);
		if (!WriteFile(pipe, text, n, &n, NULL))
			break;
		sum++;
	}
	if (GetLastError() != ERROR_BROKEN_PIPE)
		printf("read: error %lu\n", GetLastError());
	DisconnectNamedPipe(pipe);
	CloseHandle(pipe);
	free(text);
	return sum;
}

static int run_server(int clients)
{
	HANDLE threads[16];
	DWORD sum = 0, n;

	for (int i = 0; i < clients; i++) {
		HANDLE pipe = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX,
					       PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT,
					       16, 8192, 8192, 0, NULL);

		if (pipe == INVALID_HANDLE_VALUE ||
		    (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)) {
			printf("pipe: error %lu\n", GetLastError());
			return 1;
		}
		threads[i] = CreateThread(NULL, 0, serve, pipe, 0, NULL);
	}
	for (int i = 0; i < clients; i++) {
		WaitForSingleObject(threads[i], INFINITE);
		GetExitCodeThread(threads[i], &n);
		sum += n;
	}
	printf("server answered %lu\n", sum);
	return 0;
}

static HANDLE open_pipe(void)
{
	for (;;) {
		HANDLE pipe = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

		if (pipe != INVALID_HANDLE_VALUE)
			return pipe;
		/* Before the server has made an instance for us. */
		if (GetLastError() != ERROR_PIPE_BUSY && GetLastError() != ERROR_FILE_NOT_FOUND)
			return pipe;
		if (!WaitNamedPipeA(NAME, 2000))
			Sleep(20);
	}
}

static int run_client(const char *tag)
{
	static char out[LENGTH_MAX], in[LENGTH_MAX];
	HANDLE pipe = open_pipe();
	DWORD mode = PIPE_READMODE_MESSAGE, n, good = 0;

	if (pipe == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(pipe, &mode, NULL, NULL)) {
		printf("client %s: error %lu\n", tag, GetLastError());
		return 1;
	}
	for (int i = 0; i < MESSAGES; i++) {
		DWORD len = 1 + (i * 37) % (LENGTH_MAX - 1);

		for (DWORD k = 0; k < len; k++)
			out[k] = 'a' + (k + i + tag[0]) % 26;
		if (!WriteFile(pipe, out, len, &n, NULL) || n != len || !ReadFile(pipe, in, sizeof(in), &n, NULL))
			break;
		for (DWORD k = 0; k < len; k++)
			out[k] = toupper((unsigned char)out[k]);
		good += n == len && !memcmp(in, out, len);
	}
	printf("client %s: %lu right answers\n", tag, good);
	CloseHandle(pipe);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return !strcmp(argv[1], "server") ? run_server(atoi(argv[2])) : run_client(argv[2]);
}
