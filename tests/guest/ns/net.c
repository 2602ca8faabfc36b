// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces: a network of one's own, with a loopback interface that is down. */
#include "../tap.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

static ino_t net_ino(void)
{
	struct stat st;

	NEED(stat("/proc/self/ns/net", &st) == 0);
	return st.st_ino;
}

static int lo_flags(int s)
{
	struct ifreq r = { .ifr_name = "lo" };

	return ioctl(s, SIOCGIFFLAGS, &r) ? -1 : r.ifr_flags;
}

static void lo_up(int s)
{
	struct ifreq r = { .ifr_name = "lo" };

	r.ifr_flags = IFF_UP;
	NEED(ioctl(s, SIOCSIFFLAGS, &r) == 0);
}

static struct sockaddr_in local(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

CASE(a_new_network_is_empty)
{
	ino_t old = net_ino();
	struct sockaddr_in a = local(7000);
	int s;

	NEED(unshare(CLONE_NEWNET) == 0);
	CHECK(net_ino() != old);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(s >= 0);
	CHECK_EQ(lo_flags(s) & (IFF_UP | IFF_LOOPBACK), IFF_LOOPBACK);
	FAILS(sendto(s, "x", 1, 0, (void *)&a, sizeof(a)), ENETUNREACH);
	CHECK_EQ(if_nametoindex("lo"), 1);
	CHECK_EQ(if_nametoindex("eth0"), 0);
}

CASE(loopback_carries_once_it_is_up)
{
	struct sockaddr_in a = local(7001);
	char c = 0;
	int s, r;

	NEED(unshare(CLONE_NEWNET) == 0);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	r = socket(AF_INET, SOCK_DGRAM, 0);
	lo_up(s);
	CHECK(lo_flags(s) & IFF_UP);
	NEED(bind(r, (void *)&a, sizeof(a)) == 0);
	CHECK(sendto(s, "y", 1, 0, (void *)&a, sizeof(a)) == 1);
	CHECK(recv(r, &c, 1, 0) == 1);
	CHECK_EQ(c, 'y');
}

CASE(ports_are_of_a_namespace)
{
	struct sockaddr_in a = local(7002);
	int out = socket(AF_INET, SOCK_STREAM, 0), in, c;
	pid_t pid;

	lo_up(out);
	NEED(bind(out, (void *)&a, sizeof(a)) == 0 && listen(out, 1) == 0);
	CHILD(pid, {
		NEED(unshare(CLONE_NEWNET) == 0);
		in = socket(AF_INET, SOCK_STREAM, 0);
		lo_up(in);
		c = socket(AF_INET, SOCK_STREAM, 0);
		FAILS(connect(c, (void *)&a, sizeof(a)), ECONNREFUSED);
		CHECK(bind(in, (void *)&a, sizeof(a)) == 0);
		CHECK(listen(in, 1) == 0);
		close(c);
		c = socket(AF_INET, SOCK_STREAM, 0);
		/* Reset at the end: nothing of it stays in the namespace. */
		struct linger off = { 1, 0 };
		setsockopt(c, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
		CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
		CHECK(accept(in, NULL, NULL) >= 0);
	});
	JOIN(pid);
}

CASE(sockets_stay_where_they_were_made)
{
	struct sockaddr_in a = local(7003);
	int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	lo_up(r);
	NEED(bind(r, (void *)&a, sizeof(a)) == 0);
	NEED(unshare(CLONE_NEWNET) == 0);
	CHECK(sendto(s, "z", 1, 0, (void *)&a, sizeof(a)) == 1);
	CHECK(recv(r, &c, 1, 0) == 1);
}

CASE(abstract_names_are_of_a_namespace)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX, .sun_path = "\0nsname" };
	socklen_t len = offsetof(struct sockaddr_un, sun_path) + 7;
	int out = socket(AF_UNIX, SOCK_STREAM, 0), in = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	NEED(bind(out, (void *)&u, len) == 0 && listen(out, 1) == 0);
	(void)in;
	CHILD(pid, {
		NEED(unshare(CLONE_NEWNET) == 0);
		int s = socket(AF_UNIX, SOCK_STREAM, 0);
		FAILS(connect(s, (void *)&u, len), ECONNREFUSED);
		CHECK(bind(s, (void *)&u, len) == 0);
	});
	JOIN(pid);
}

CASE(setns_goes_there_and_back)
{
	int home = open("/proc/self/ns/net", O_RDONLY), away, s;
	ino_t first = net_ino();

	NEED(home >= 0 && unshare(CLONE_NEWNET) == 0);
	away = open("/proc/self/ns/net", O_RDONLY);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	lo_up(s);
	NEED(setns(home, CLONE_NEWNET) == 0);
	CHECK(net_ino() == first);
	NEED(setns(away, CLONE_NEWNET) == 0);
	CHECK(lo_flags(socket(AF_INET, SOCK_DGRAM, 0)) & IFF_UP);
}

CASE(proc_net_shows_the_network)
{
	NEED(unshare(CLONE_NEWNET) == 0);
	const char *text = read_file("/proc/net/dev");
	CHECK(strstr(text, "lo:") != NULL);
	CHECK(strstr(text, "eth0") == NULL);
}

CASE(root_of_a_user_namespace_may_set_it_up)
{
	int s, raw;

	NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
	FAILS(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
	NEED(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	NEED(s >= 0);
	lo_up(s);
	CHECK(lo_flags(s) & IFF_UP);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	CHECK(raw >= 0);
	struct sockaddr_in a = local(80);
	CHECK(bind(s, (void *)&a, sizeof(a)) == 0);
}

/* sysfs in mount namespaces of our own, made by a new network. */
static void own_sysfs(const char *dir)
{
	NEED(unshare(CLONE_NEWNET) == 0);
	NEED(mkdir(dir, 0755) == 0);
	NEED(mount("sysfs", dir, "sysfs", 0, NULL) == 0);
}

CASE(sysfs_shows_the_network_of_who_mounted_it)
{
	int s;

	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	own_sysfs("one");
	NEED(open("/proc/self/ns/net", O_RDONLY) >= 0);		/* a mount keeps no network alive */
	own_sysfs("two");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	lo_up(s);
	CHECK_STR(read_file("one/class/net/lo/flags"), "0x8\n");
	CHECK_STR(read_file("two/class/net/lo/flags"), "0x9\n");
	CHECK_STR(read_file("one/devices/virtual/net/lo/flags"), "0x8\n");
	CHECK_STR(read_file("two/devices/virtual/net/lo/ifindex"), "1\n");
	CHECK(access("two/class/net/lo/statistics/rx_bytes", R_OK) == 0);
}

CASE(sysfs_of_a_new_network_lists_only_its_interfaces)
{
	struct dirent *e;
	int names = 0;
	DIR *d;

	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	own_sysfs("sys");
	d = opendir("sys/class/net");
	NEED(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.') {
			CHECK_STR(e->d_name, "lo");
			names++;
		}
	CHECK_EQ(names, 1);
}

CASE(many_come_and_go)
{
	for (int i = 0; i < 50; i++) {
		pid_t pid;

		CHILD(pid, {
			NEED(unshare(CLONE_NEWNET) == 0);
			int s = socket(AF_INET, SOCK_DGRAM, 0);
			struct sockaddr_in a = local(7004);

			lo_up(s);
			CHECK(sendto(s, "q", 1, 0, (void *)&a, sizeof(a)) == 1);
		});
		JOIN(pid);
	}
}

TAP_MAIN
