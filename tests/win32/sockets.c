/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets: streams and datagrams, select, overlapped operations, events. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "test.h"

static DWORD WINAPI server(void *arg)
{
	SOCKET s = accept((SOCKET)arg, NULL, NULL);
	char buf[64];
	int n = recv(s, buf, sizeof(buf), 0);

	send(s, buf, n, 0);
	shutdown(s, SD_SEND);
	closesocket(s);
	return (DWORD)n;
}

static SOCKET listener(struct sockaddr_in *a)
{
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
	int len = sizeof(*a);

	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SHOW(bind(s, (void *)a, sizeof(*a)));
	SHOW(listen(s, 5));
	SHOW(getsockname(s, (void *)a, &len));
	SHOW(len);
	return s;
}

static void streams(void)
{
	struct sockaddr_in a, peer;
	SOCKET l = listener(&a), c;
	HANDLE t = CreateThread(NULL, 0, server, (void *)l, 0, NULL);
	struct timeval tv = { 2, 0 };
	int len = sizeof(peer), value = 1, size = sizeof(value);
	DWORD code;
	fd_set set;
	char buf[64];

	c = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	SHOW(setsockopt(c, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof(value)));
	value = 0;
	SHOW(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &size));
	SHOW(value);
	SHOW(connect(c, (void *)&a, sizeof(a)));
	SHOW(getpeername(c, (void *)&peer, &len));
	SHOW(peer.sin_port == a.sin_port);
	SHOW(send(c, "hello", 5, 0));
	FD_ZERO(&set);
	FD_SET(c, &set);
	SHOW(select(0, &set, NULL, NULL, &tv));
	SHOW(recv(c, buf, sizeof(buf), 0));
	SHOW(memcmp(buf, "hello", 5));
	SHOW(recv(c, buf, sizeof(buf), 0));
	SHOW(WaitForSingleObject(t, 2000));
	SHOW(GetExitCodeThread(t, &code));
	SHOW(code);
	closesocket(c);
	closesocket(l);
}

static void failures(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(1) };
	SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
	u_long on = 1;
	char c;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SHOW(connect(s, (void *)&a, sizeof(a)));
	SHOW(WSAGetLastError());
	closesocket(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	SHOW(ioctlsocket(s, FIONBIO, &on));
	a.sin_port = 0;
	SHOW(bind(s, (void *)&a, sizeof(a)));
	SHOW(recv(s, &c, 1, 0));
	SHOW(WSAGetLastError());
	closesocket(s);
	SHOW(recv(s, &c, 1, 0));
	SHOW(WSAGetLastError());
}

static void overlapped(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	SOCKET r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
	HANDLE port = CreateIoCompletionPort((HANDLE)r, NULL, 77, 1);
	DWORD n = 0, flags = 0;
	OVERLAPPED o = { 0 }, *done;
	int len = sizeof(a);
	ULONG_PTR key;
	char buf[32];
	WSABUF b = { sizeof(buf), buf };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SHOW(bind(r, (void *)&a, sizeof(a)));
	getsockname(r, (void *)&a, &len);
	SHOW(WSARecv(r, &b, 1, NULL, &flags, &o, NULL));
	SHOW(WSAGetLastError());
	SHOW(sendto(s, "datagram", 8, 0, (void *)&a, sizeof(a)));
	SHOW(GetQueuedCompletionStatus(port, &n, &key, &done, 2000));
	printf("%lu %d %d\n", n, (int)key, done == &o);
	SHOW(memcmp(buf, "datagram", 8));
	closesocket(r);
	closesocket(s);
	CloseHandle(port);
}

int main(void)
{
	WSADATA d;

	SHOW(WSAStartup(0x202, &d));
	streams();
	failures();
	overlapped();
	SHOW(WSACleanup());
	return 0;
}
