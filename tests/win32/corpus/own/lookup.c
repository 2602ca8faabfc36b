/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of each name: `lookup NAME...` by getaddrinfo, and by gethostbyname. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>

static void by_info(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL, *i;
	int err = getaddrinfo(name, "80", &hints, &list);

	printf("%s: %d", name, err);
	for (i = err ? NULL : list; i; i = i->ai_next) {
		char text[64] = "", port[8] = "";

		getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof(text), port, sizeof(port),
			    NI_NUMERICHOST | NI_NUMERICSERV);
		printf(" %s,%s", text, port);
	}
	if (!err)
		freeaddrinfo(list);
}

static void by_name(const char *name)
{
	const struct hostent *h = gethostbyname(name);

	printf(" |");
	for (int i = 0; h && h->h_addr_list[i]; i++)
		printf(" %s", inet_ntoa(*(struct in_addr *)h->h_addr_list[i]));
	printf(" %d\n", h ? 0 : WSAGetLastError());
}

int main(int argc, char **argv)
{
	WSADATA data;

	WSAStartup(0x202, &data);
	for (int i = 1; i < argc; i++) {
		by_info(argv[i]);
		by_name(argv[i]);
	}
	return 0;
}
