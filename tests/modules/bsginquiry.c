// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ask SCSI devices who they are, past their disks, and what they answer to commands they do not know.
 *
 * usage: bsginquiry /dev/bsg/NAME...	one line each: vendor and product
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bsg.h>
#include <scsi/sg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHECK_CONDITION	2
#define ILLEGAL_REQUEST	5

static int ask(int fd, struct sg_io_v4 *h, const unsigned char *command, unsigned len, void *in, unsigned in_len,
	       unsigned char *sense)
{
	memset(h, 0, sizeof(*h));
	h->guard = 'Q';
	h->request = (uintptr_t)command;
	h->request_len = len;
	h->din_xferp = (uintptr_t)in;
	h->din_xfer_len = in_len;
	h->response = (uintptr_t)sense;
	h->max_response_len = 32;
	h->timeout = 10000;
	return ioctl(fd, SG_IO, h);
}

static int check(const char *path)
{
	static const unsigned char inquiry[6] = { 0x12, 0, 0, 0, 96, 0 }, unknown[6] = { 0x0d };
	unsigned char in[96] = { 0 }, sense[32] = { 0 };
	struct sg_io_v4 h;
	int fd = open(path, O_RDWR), version = 0, bad = 0;

	if (fd < 0 || ioctl(fd, SG_GET_VERSION_NUM, &version) || version < 30000) {
		perror(path);
		return 1;
	}
	if (ask(fd, &h, inquiry, sizeof(inquiry), in, sizeof(in), sense) || h.device_status || h.driver_status) {
		printf("%s: inquiry: %s, status %u\n", path, strerror(errno), h.device_status);
		bad = 1;
	}
	printf("%.8s %.16s\n", in + 8, in + 16);
	if (ask(fd, &h, unknown, sizeof(unknown), NULL, 0, sense) || h.device_status != CHECK_CONDITION ||
	    !h.response_len || (sense[sense[0] < 0x72 ? 2 : 1] & 0xf) != ILLEGAL_REQUEST) {
		printf("%s: unknown command: status %u, sense %02x %02x %02x\n", path, h.device_status, sense[0],
		       sense[1], sense[2]);
		bad = 1;
	}
	h.guard = 'S';
	if (ioctl(fd, SG_IO, &h) != -1 || errno != EINVAL)
		bad = printf("%s: a wrong guard is taken\n", path);
	close(fd);
	return bad != 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		bad |= check(argv[i]);
	return bad;
}
