/* SPDX-License-Identifier: GPL-2.0-only */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
static DWORD WINAPI srv(void *p)
{
	SOCKET l = (SOCKET) p, c = accept(l, 0, 0);
	char b[64];
	int n = recv(c, b, 64, 0);
	send(c, b, n, 0);
	shutdown(c, SD_SEND);
	closesocket(c);
	return n;
}

int main()
{
	WSADATA d;
	printf("startup=%d\n", WSAStartup(0x202, &d));
	SOCKET l = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = { 0 };
	int al = sizeof a;
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int one = 1;
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, (char *)&one, 4);
	int b1 = bind(l, (void *)&a, sizeof a), l1 = listen(l, 5);
	printf("bind=%d listen=%d\n", b1, l1);
	getsockname(l, (void *)&a, &al);
	HANDLE t = CreateThread(0, 0, srv, (void *)l, 0, 0);
	SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	printf("conn=%d\n", connect(s, (void *)&a, sizeof a));
	send(s, "ping123", 7, 0);
	fd_set r;
	FD_ZERO(&r);
	FD_SET(s, &r);
	struct timeval tv = { 2, 0 };
	printf("select=%d\n", select(0, &r, 0, 0, &tv));
	char b[64];
	int n = recv(s, b, 64, 0);
	printf("echo %d %.*s\n", n, n, b);
	n = recv(s, b, 64, 0);
	printf("eof %d\n", n);
	WaitForSingleObject(t, 1000);
	closesocket(s);
	// overlapped + iocp
	HANDLE io = CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 1);
	SOCKET u1 = socket(AF_INET, SOCK_DGRAM, 0), u2 =
	    WSASocketW(AF_INET, SOCK_DGRAM, 0, 0, 0, WSA_FLAG_OVERLAPPED);
	a.sin_port = 0;
	bind(u2, (void *)&a, sizeof a);
	al = sizeof a;
	getsockname(u2, (void *)&a, &al);
	CreateIoCompletionPort((HANDLE) u2, io, 77, 0);
	WSABUF wb = { 64, b };
	DWORD fl = 0, got = 0;
	WSAOVERLAPPED ov = { 0 };
	int rr = WSARecv(u2, &wb, 1, &got, &fl, &ov, 0);
	printf("wsarecv=%d err=%d\n", rr, WSAGetLastError());
	sendto(u1, "dgram", 5, 0, (void *)&a, sizeof a);
	ULONG_PTR key = 0;
	OVERLAPPED *po = 0;
	BOOL q = GetQueuedCompletionStatus(io, &got, &key, &po, 2000);
	printf("iocp=%d n=%lu key=%lu same=%d\n", q, got, (ULONG) key, po == (OVERLAPPED *) & ov);
	u_long nb = 1;
	ioctlsocket(u1, FIONBIO, &nb);
	n = recv(u1, b, 64, 0);
	printf("nonblock=%d err=%d\n", n, (int)WSAGetLastError());
	WSAPOLLFD pf = { l, POLLIN, 0 };
	printf("poll=%d\n", WSAPoll(&pf, 1, 10));
	struct addrinfo *ai = 0, hi = { 0 };
	hi.ai_socktype = SOCK_STREAM;
	printf("gai=%d\n", getaddrinfo("127.0.0.1", "80", &hi, &ai));
	int g = getaddrinfo("localhost", "80", &hi, &ai);
	printf("gai localhost=%d\n", g);
	char hn[100];
	printf("hostname=%d\n", gethostname(hn, 100));
	WSAEVENT we = WSACreateEvent();
	WSAEventSelect(l, we, FD_ACCEPT);
	SOCKET s3 = socket(AF_INET, SOCK_STREAM, 0);
	al = sizeof a;
	getsockname(l, (void *)&a, &al);
	connect(s3, (void *)&a, sizeof a);
	printf("evsel=%lu\n", WSAWaitForMultipleEvents(1, &we, FALSE, 1000, FALSE));
	WSANETWORKEVENTS ne;
	WSAEnumNetworkEvents(l, we, &ne);
	printf("ev=%lx\n", ne.lNetworkEvents);
	WSACleanup();
	return 0;
}
