// SPDX-License-Identifier: GPL-2.0-only
/* The guest's side of tests/net/vsock-host: an echo of bytes and of messages, a call from the host. */
#include "../guest/tap.h"

#include <linux/vm_sockets.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define BYTES 300000

static int dial(int type, unsigned cid, unsigned port)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
	int s = socket(AF_VSOCK, type, 0);

	NEED(s >= 0);
	return connect(s, (void *)&a, sizeof(a)) ? -1 : s;
}

CASE(own_number)
{
	unsigned cid = 0;
	int fd = open("/dev/vsock", O_RDONLY);

	NEED(fd >= 0);
	CHECK(ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) == 0);
	CHECK_EQ(cid, 42);
}

CASE(nobody_listens_there)
{
	FAILS(dial(SOCK_STREAM, VMADDR_CID_HOST, 1001), ECONNRESET);
}

CASE(bytes_come_back)
{
	static unsigned char out[4096], in[4096];
	unsigned sent = 0, got = 0, bad = 0;
	int s = dial(SOCK_STREAM, VMADDR_CID_HOST, 1000);

	NEED(s >= 0);
	while (got < BYTES) {
		struct pollfd p = { s, POLLIN | (sent < BYTES ? POLLOUT : 0), 0 };
		ssize_t n;

		NEED(poll(&p, 1, 10000) == 1);
		if (p.revents & POLLOUT) {
			unsigned want = BYTES - sent < sizeof(out) ? BYTES - sent : sizeof(out);

			for (unsigned i = 0; i < want; i++)
				out[i] = (unsigned char)((sent + i) % 253);
			n = send(s, out, want, MSG_DONTWAIT);
			NEED(n > 0 || errno == EAGAIN);
			sent += n > 0 ? (unsigned)n : 0;
		}
		if (p.revents & POLLIN) {
			n = recv(s, in, sizeof(in), MSG_DONTWAIT);
			NEED(n > 0);
			for (ssize_t i = 0; i < n; i++)
				bad += in[i] != (unsigned char)(got++ % 253);
		}
	}
	CHECK_EQ(bad, 0);
	NEED(shutdown(s, SHUT_WR) == 0);
	CHECK_EQ(recv(s, in, sizeof(in), 0), 0);
}

CASE(messages_come_back)
{
	static char buf[9000];
	int s = dial(SOCK_SEQPACKET, VMADDR_CID_HOST, 1000);

	NEED(s >= 0);
	CHECK_EQ(send(s, "short", 5, 0), 5);
	CHECK_EQ(recv(s, buf, sizeof(buf), 0), 5);
	CHECK_EQ(send(s, buf, 8000, 0), 8000);
	CHECK_EQ(recv(s, buf, sizeof(buf), 0), 8000);
}

CASE(the_host_calls)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = 3000 };
	int l = socket(AF_VSOCK, SOCK_STREAM, 0), s = dial(SOCK_STREAM, VMADDR_CID_HOST, 1000), c;
	socklen_t n = sizeof(a);
	char buf[32];

	NEED(bind(l, (void *)&a, n) == 0 && listen(l, 1) == 0);
	CHECK_EQ(send(s, "call me", 7, 0), 7);
	c = accept(l, (void *)&a, &n);
	NEED(c >= 0);
	CHECK_EQ(a.svm_cid, VMADDR_CID_HOST);
	CHECK_EQ(a.svm_port, 2000);
	CHECK_EQ(recv(c, buf, sizeof(buf), 0), 13);
	CHECK(!memcmp(buf, "from the host", 13));
	CHECK_EQ(send(c, "thanks", 6, 0), 6);
	CHECK_EQ(recv(c, buf, 6, MSG_WAITALL), 6);
	close(c);
	msleep(200);
}

TAP_MAIN
