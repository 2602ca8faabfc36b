// SPDX-License-Identifier: GPL-2.0-only
/*
 * FUSE: a daemon of the test's own that speaks /dev/fuse, without a library. It keeps one file, "data",
 * in memory that the test sees too, and a directory "sub"; "slow" answers reads only when let.
 *
 * guest-modules: fuse
 */
#include "../tap.h"

#include <dirent.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define ROOM	(1 << 20)
enum { ROOT = 1, DATA = 2, SUB = 3, SLOW = 4, NEW = 5, LINKED = 6 };
enum { HONEST, BAD_NUMBER, BAD_SIZE, BAD_ENTRY };

/* Seen by both sides. */
static struct shared {
	char data[1 << 18];
	volatile size_t size;
	volatile int asked[64];			/* requests by opcode */
	volatile int minor;
	volatile unsigned flags;
	volatile int hold;			/* reads of "slow" are not answered */
	volatile int interrupted, entry_seconds, attr_seconds, cut, has_new, ready_events;
	volatile unsigned long long held, interrupt_unique, poll_kh, forgotten, looked_up;
	volatile int tell_poll, tell_inode;
	volatile int lie, has_link, refused;
} *s;

static int dev;
static pid_t daemon_pid;

/* ---- the daemon ---- */

static void answer(unsigned long long unique, int error, const void *data, size_t n)
{
	static char out[ROOM];
	struct fuse_out_header h = { .len = sizeof(h) + n, .error = -error, .unique = unique };

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), data, n);
	if (write(dev, out, h.len) < 0 && errno != ENOENT)
		_exit(3);
}

static void fill_attr(struct fuse_attr *a, unsigned long long node)
{
	*a = (struct fuse_attr){ .ino = 100 + node, .nlink = 1, .mode = S_IFREG | 0644, .blksize = 4096 };
	if (node == ROOT || node == SUB) {
		a->mode = S_IFDIR | 0755;
		a->nlink = 2;
	} else if (node == SLOW) {
		a->size = 4096;
	} else {
		a->size = s->size;
	}
	if (s->lie == BAD_SIZE)
		a->size = 1ull << 63;
}

static void send_entry(unsigned long long unique, unsigned long long node)
{
	struct fuse_entry_out e = { .nodeid = node, .generation = 1, .entry_valid = s->entry_seconds,
				    .attr_valid = s->attr_seconds };

	fill_attr(&e.attr, node);
	s->looked_up++;
	answer(unique, 0, &e, sizeof(e));
}

static void do_lookup(struct fuse_in_header *h, const char *name)
{
	if (h->nodeid == ROOT && !strcmp(name, "data"))
		send_entry(h->unique, DATA);
	else if (h->nodeid == ROOT && !strcmp(name, "sub"))
		send_entry(h->unique, SUB);
	else if (h->nodeid == ROOT && !strcmp(name, "slow"))
		send_entry(h->unique, SLOW);
	else if (h->nodeid == ROOT && s->has_new && !strcmp(name, "new"))
		send_entry(h->unique, NEW);
	else if (h->nodeid == ROOT && s->has_link && !strcmp(name, "linked"))
		send_entry(h->unique, LINKED);
	else
		answer(h->unique, ENOENT, NULL, 0);
}

static void do_read(struct fuse_in_header *h, const struct fuse_read_in *in)
{
	size_t n = in->offset < s->size ? s->size - in->offset : 0;

	if (h->nodeid == SLOW && s->hold) {
		s->held = h->unique;
		return;
	}
	answer(h->unique, 0, s->data + in->offset, n < in->size ? n : in->size);
}

static void do_write(struct fuse_in_header *h, const struct fuse_write_in *in, const char *data)
{
	struct fuse_write_out out = { .size = in->size };

	memcpy(s->data + in->offset, data, in->size);
	if (in->offset + in->size > s->size)
		s->size = in->offset + in->size;
	answer(h->unique, 0, &out, sizeof(out));
}

static size_t put_dirent(char *at, unsigned long long node, unsigned long long next, const char *name)
{
	struct fuse_dirent *d = (void *)at;

	*d = (struct fuse_dirent){ .ino = 100 + node, .off = next, .namelen = strlen(name), .type = DT_REG };
	memcpy(d->name, name, d->namelen);
	return FUSE_DIRENT_SIZE(d);
}

static void do_readdir(struct fuse_in_header *h, const struct fuse_read_in *in)
{
	static const char *const names[] = { ".", "..", "data", "sub", "slow" };
	char out[512] = "";
	size_t n = 0;

	if (s->lie == BAD_ENTRY) {
		put_dirent(out, DATA, 1, "data");
		((struct fuse_dirent *)out)->namelen = 200;
		answer(h->unique, 0, out, 40);
		return;
	}
	for (unsigned long long i = in->offset; i < 5; i++)
		n += put_dirent(out + n, i, i + 1, names[i]);
	answer(h->unique, 0, out, n);
}

static void do_setattr(struct fuse_in_header *h, const struct fuse_setattr_in *in)
{
	struct fuse_attr_out out = { .attr_valid = s->attr_seconds };

	if (in->valid & FATTR_SIZE) {
		if (in->size > s->size)
			memset(s->data + s->size, 0, in->size - s->size);
		s->size = in->size;
	}
	fill_attr(&out.attr, h->nodeid);
	answer(h->unique, 0, &out, sizeof(out));
}

static void do_init(struct fuse_in_header *h, const struct fuse_init_in *in)
{
	struct fuse_init_out out = { .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
				     .max_readahead = in->max_readahead, .flags = FUSE_BIG_WRITES | FUSE_ABORT_ERROR,
				     .max_write = 65536, .max_background = 12, .congestion_threshold = 9 };

	s->minor = (int)in->minor;
	s->flags = in->flags;
	answer(h->unique, 0, &out, sizeof(out));
}

static void do_create(struct fuse_in_header *h)
{
	struct { struct fuse_entry_out e; struct fuse_open_out o; } out = {
		.e = { .nodeid = NEW, .generation = 1, .entry_valid = s->entry_seconds, .attr_valid = s->attr_seconds },
		.o = { .fh = 77 } };

	s->has_new = 1;
	s->size = 0;
	fill_attr(&out.e.attr, NEW);
	s->looked_up++;
	answer(h->unique, 0, &out, sizeof(out));
}

static void do_xattr(struct fuse_in_header *h, const struct fuse_getxattr_in *in)
{
	struct fuse_getxattr_out out = { .size = 5 };

	if (strcmp((char *)(in + 1), "user.colour"))
		answer(h->unique, ENODATA, NULL, 0);
	else if (!in->size)
		answer(h->unique, 0, &out, sizeof(out));
	else if (in->size < 5)
		answer(h->unique, ERANGE, NULL, 0);
	else
		answer(h->unique, 0, "green", 5);
}

/* Numbers of the kernel's own are no errors of a daemon's. */
static void answer_badly(unsigned long long unique)
{
	struct fuse_out_header h = { .len = sizeof(h), .error = -512, .unique = unique };

	s->refused = write(dev, &h, sizeof(h)) < 0 && errno == EINVAL;
}

static void serve(struct fuse_in_header *h, void *in)
{
	struct fuse_attr_out attr = { .attr_valid = s->attr_seconds };
	struct fuse_open_out open = { .fh = 7 };
	struct fuse_poll_out poll = { .revents = s->ready_events };
	struct fuse_statfs_out st = { .st = { .blocks = 1000, .bfree = 500, .bavail = 400, .bsize = 4096, .namelen = 99,
					      .frsize = 4096 } };

	if (s->lie == BAD_NUMBER && h->opcode == FUSE_OPEN)
		answer_badly(h->unique);
	switch (h->opcode) {
	case FUSE_INIT: do_init(h, in); break;
	case FUSE_LOOKUP: do_lookup(h, in); break;
	case FUSE_GETATTR: fill_attr(&attr.attr, h->nodeid); answer(h->unique, 0, &attr, sizeof(attr)); break;
	case FUSE_SETATTR: do_setattr(h, in); break;
	case FUSE_OPEN: case FUSE_OPENDIR: answer(h->unique, 0, &open, sizeof(open)); break;
	case FUSE_READ: do_read(h, in); break;
	case FUSE_WRITE: do_write(h, in, (char *)in + sizeof(struct fuse_write_in)); break;
	case FUSE_READDIR: do_readdir(h, in); break;
	case FUSE_CREATE: do_create(h); break;
	case FUSE_LINK: s->has_link = 1; send_entry(h->unique, LINKED); break;
	case FUSE_UNLINK: s->has_new = 0; answer(h->unique, 0, NULL, 0); break;
	case FUSE_GETXATTR: do_xattr(h, in); break;
	case FUSE_STATFS: answer(h->unique, 0, &st, sizeof(st)); break;
	case FUSE_POLL: s->poll_kh = ((struct fuse_poll_in *)in)->kh; answer(h->unique, 0, &poll, sizeof(poll)); break;
	case FUSE_FORGET: s->forgotten += ((struct fuse_forget_in *)in)->nlookup; break;
	case FUSE_BATCH_FORGET: s->forgotten += ((struct fuse_batch_forget_in *)in)->count; break;
	case FUSE_INTERRUPT:
		s->interrupt_unique = ((struct fuse_interrupt_in *)in)->unique;
		if (s->interrupt_unique == s->held)
			answer(s->held, EINTR, NULL, 0);
		break;
	case FUSE_RELEASE: case FUSE_RELEASEDIR: case FUSE_FSYNC: answer(h->unique, 0, NULL, 0); break;
	default: answer(h->unique, ENOSYS, NULL, 0); break;
	}
}

static void notify(int code, const void *data, size_t n)
{
	char out[64];
	struct fuse_out_header h = { .len = sizeof(h) + n, .error = code };

	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), data, n);
	if (write(dev, out, h.len) < 0)
		_exit(4);
}

static void tell(void)
{
	if (s->tell_poll) {
		struct fuse_notify_poll_wakeup_out out = { s->poll_kh };

		s->tell_poll = 0;
		s->ready_events = POLLIN;
		notify(FUSE_NOTIFY_POLL, &out, sizeof(out));
	}
	if (s->tell_inode) {
		struct fuse_notify_inval_inode_out out = { .ino = DATA };

		s->tell_inode = 0;
		notify(FUSE_NOTIFY_INVAL_INODE, &out, sizeof(out));
	}
}

static void run_daemon(void)
{
	static char in[ROOM];

	for (;;) {
		struct pollfd p = { .fd = dev, .events = POLLIN };

		tell();
		if (poll(&p, 1, 20) <= 0)
			continue;
		if (read(dev, in, sizeof(in)) < 0) {
			if (errno == EINTR || errno == EAGAIN || errno == ENOENT)
				continue;
			_exit(errno == ENODEV || errno == ECONNABORTED ? 0 : 2);
		}
		s->asked[((struct fuse_in_header *)in)->opcode & 63]++;
		serve((void *)in, in + sizeof(struct fuse_in_header));
	}
}

/* ---- the test's side ---- */

static void start(int seconds)
{
	char options[128];

	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s->entry_seconds = s->attr_seconds = seconds;
	strcpy(s->data, "hello from the daemon\n");
	s->size = strlen(s->data);
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	CHECK(dev >= 0);
	CHECK_EQ(mkdir("m", 0755), 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	CHECK_EQ(mount("test", "m", "fuse.mine", 0, options), 0);
	daemon_pid = fork();
	if (!daemon_pid)
		run_daemon();
	close(dev);
}

static void stop(void)
{
	int status;

	CHECK_EQ(umount2("m", 0), 0);
	CHECK(waitpid(daemon_pid, &status, 0) == daemon_pid);
	CHECK_EQ(status, 0);
}

static void until(volatile int *what, int value)
{
	for (int i = 0; i < 5000 && *what < value; i++)
		usleep(1000);
	CHECK(*what >= value);
}

CASE(mount_is_shown_with_its_subtype)
{
	char line[512];
	int found = 0;
	FILE *f;

	start(1);
	f = fopen("/proc/self/mounts", "r");
	while (fgets(line, sizeof(line), f))
		found += strstr(line, "test ") == line && strstr(line, " fuse.mine rw,") &&
			 strstr(line, "user_id=0,group_id=0");
	fclose(f);
	CHECK_EQ(found, 1);
	until(&s->minor, 36);		/* the first message is on its way: the mount did not wait for it */
	stop();
}

CASE(files_are_the_daemons)
{
	struct stat st;
	char buf[64] = "";
	int fd;

	start(1);
	CHECK_EQ(stat("m/data", &st), 0);
	CHECK_EQ(st.st_size, s->size);
	CHECK_EQ(st.st_ino, 100 + DATA);
	FAILS(stat("m/none", &st), ENOENT);
	CHECK_EQ(stat("m/sub", &st), 0);
	CHECK(S_ISDIR(st.st_mode));
	fd = open("m/data", O_RDWR);
	CHECK_EQ(read(fd, buf, sizeof(buf)), s->size);
	CHECK_STR(buf, "hello from the daemon\n");
	CHECK_EQ(pwrite(fd, "HELLO", 5, 0), 5);
	CHECK(!memcmp(s->data, "HELLO from", 10));
	CHECK_EQ(pread(fd, buf, 10, 0), 10);
	CHECK(!memcmp(buf, "HELLO from", 10));
	CHECK_EQ(ftruncate(fd, 3), 0);
	CHECK_EQ(s->size, 3);
	CHECK_EQ(fsync(fd), 0);
	close(fd);
	until(&s->asked[FUSE_RELEASE], 1);
	stop();
}

CASE(large_files_go_in_pieces)
{
	static char buf[200000], back[200000];
	int fd;

	start(1);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + i / 251);
	fd = open("m/data", O_RDWR);
	CHECK_EQ(pwrite(fd, buf, sizeof(buf), 1000), sizeof(buf));
	CHECK(s->asked[FUSE_WRITE] >= 4);
	CHECK(!memcmp(s->data + 1000, buf, sizeof(buf)));
	close(fd);
	fd = open("m/data", O_RDONLY);
	CHECK_EQ(pread(fd, back, sizeof(back), 1000), sizeof(back));
	CHECK(!memcmp(buf, back, sizeof(buf)));
	close(fd);
	stop();
}

CASE(mappings_reach_the_daemon)
{
	char *p;
	int fd;

	start(1);
	fd = open("m/data", O_RDWR);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp(p, "hello", 5));
	memcpy(p, "mmap!", 5);
	CHECK_EQ(msync(p, 4096, MS_SYNC), 0);
	CHECK_EQ(fsync(fd), 0);
	CHECK(!memcmp(s->data, "mmap! from", 10));
	CHECK_EQ(pwrite(fd, "write", 5, 0), 5);
	CHECK(!memcmp(p, "write from", 10));
	memcpy(p, "later", 5);
	close(fd);
	munmap(p, 4096);
	until(&s->asked[FUSE_RELEASE], 1);
	CHECK(!memcmp(s->data, "later from", 10));
	stop();
}

CASE(directories_are_listed)
{
	const char *const want[] = { ".", "..", "data", "sub", "slow" };
	struct dirent *e;
	int n = 0;
	DIR *d;

	start(1);
	d = opendir("m");
	while ((e = readdir(d)) && n < 5)
		CHECK_STR(e->d_name, want[n++]);
	CHECK_EQ(n, 5);
	closedir(d);
	stop();
}

CASE(files_are_made_and_removed)
{
	int fd;

	start(1);
	fd = open("m/new", O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(s->asked[FUSE_CREATE], 1);
	CHECK_EQ(s->asked[FUSE_OPEN], 0);
	CHECK_EQ(write(fd, "made", 4), 4);
	close(fd);
	CHECK_EQ(unlink("m/new"), 0);
	FAILS(open("m/new", O_RDONLY), ENOENT);
	FAILS(mkdir("m/dir", 0755), ENOSYS);
	stop();
}

CASE(answers_are_believed_as_long_as_told)
{
	struct stat st;
	int asked;

	start(100);
	CHECK_EQ(stat("m/data", &st), 0);
	asked = s->asked[FUSE_LOOKUP] + s->asked[FUSE_GETATTR];
	for (int i = 0; i < 10; i++)
		CHECK_EQ(stat("m/data", &st), 0);
	CHECK_EQ(s->asked[FUSE_LOOKUP] + s->asked[FUSE_GETATTR], asked);
	s->size = 5;
	s->tell_inode = 1;
	for (int i = 0; i < 5000 && st.st_size != 5; i++) {
		usleep(1000);
		CHECK_EQ(stat("m/data", &st), 0);
	}
	CHECK_EQ(st.st_size, 5);
	stop();
}

CASE(without_time_everything_is_asked)
{
	struct stat st;
	int asked;

	start(0);
	CHECK_EQ(stat("m/sub", &st), 0);
	CHECK_EQ(chdir("m/sub"), 0);
	CHECK_EQ(stat("../data", &st), 0);
	asked = s->asked[FUSE_LOOKUP];
	CHECK_EQ(stat("../data", &st), 0);
	CHECK(s->asked[FUSE_LOOKUP] > asked);
	CHECK_EQ(stat("../sub", &st), 0);
	CHECK(strstr(getcwd((char[256]){ 0 }, 256), "/m/sub"));
	CHECK_EQ(chdir("../.."), 0);
	stop();
}

CASE(attributes_by_name)
{
	char buf[16] = "";

	start(1);
	CHECK_EQ(getxattr("m/data", "user.colour", NULL, 0), 5);
	CHECK_EQ(getxattr("m/data", "user.colour", buf, sizeof(buf)), 5);
	CHECK_STR(buf, "green");
	FAILS(getxattr("m/data", "user.colour", buf, 3), ERANGE);
	FAILS(getxattr("m/data", "user.none", buf, sizeof(buf)), ENODATA);
	FAILS(setxattr("m/data", "user.x", "y", 1, 0), EOPNOTSUPP);
	stop();
}

static void on_signal(int number) { }

/* A child that reads what the daemon holds back. */
static pid_t start_reader(void)
{
	pid_t pid = fork();
	char buf[16];
	int fd;

	if (pid)
		return pid;
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL);
	fd = open("m/slow", O_RDONLY);
	_exit(read(fd, buf, sizeof(buf)) < 0 ? errno : 0);
}

static int end_of(pid_t pid)
{
	int status = -1;

	for (int i = 0; i < 5000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(1000);
	}
	return -1;
}

/* The call that was waiting failed, or the next that the kernel made for it. */
static int is_cut(int status)
{
	return WEXITSTATUS(status) == ECONNABORTED || WEXITSTATUS(status) == ENOTCONN;
}

static void wait_held(void)
{
	for (int i = 0; i < 5000 && !s->held; i++)
		usleep(1000);
	CHECK(s->held);
}

CASE(signals_reach_the_daemon)
{
	pid_t reader;

	start(1);
	s->hold = 1;
	reader = start_reader();
	wait_held();
	usleep(50000);
	kill(reader, SIGUSR1);
	CHECK_EQ(WEXITSTATUS(end_of(reader)), EINTR);
	CHECK_EQ(s->interrupt_unique, s->held);
	stop();
}

CASE(others_go_on_while_a_daemon_hangs)
{
	char path[64], text[16] = "";
	struct stat st;
	pid_t reader;
	int fd;

	start(1);
	s->hold = 1;
	reader = start_reader();
	wait_held();
	sync();
	CHECK_EQ(stat("m/data", &st), 0);
	CHECK_EQ(stat("m", &st), 0);
	mkdir("ctl", 0700);
	CHECK_EQ(mount("none", "ctl", "fusectl", 0, NULL), 0);
	snprintf(path, sizeof(path), "ctl/%u/waiting", minor(st.st_dev));
	fd = open(path, O_RDONLY);
	CHECK(read(fd, text, sizeof(text)) > 0);
	CHECK_EQ(atoi(text), 1);
	close(fd);
	snprintf(path, sizeof(path), "ctl/%u/abort", minor(st.st_dev));
	fd = open(path, O_WRONLY);
	CHECK_EQ(write(fd, "1", 1), 1);
	close(fd);
	CHECK(is_cut(end_of(reader)));
	FAILS(open("m/data", O_RDONLY), ENOTCONN);
	CHECK_EQ(umount("ctl"), 0);
	stop();
}

CASE(a_daemon_that_dies_fails_its_callers)
{
	struct stat st;
	pid_t reader;
	int fd;

	start(1);
	fd = open("m/data", O_RDWR);
	s->hold = 1;
	reader = start_reader();
	wait_held();
	kill(daemon_pid, SIGKILL);
	CHECK(is_cut(end_of(reader)));
	FAILS(stat("m/other", &st), ENOTCONN);
	FAILS(pwrite(fd, "x", 1, 0), ENOTCONN);
	close(fd);
	CHECK_EQ(umount("m"), 0);
	waitpid(daemon_pid, NULL, 0);
}

CASE(only_who_mounted_may_look)
{
	struct stat st;
	pid_t pid;

	start(1);
	chmod(".", 0777);
	pid = fork();
	if (!pid) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		_exit(stat("m/data", &st) ? errno : 0);
	}
	CHECK_EQ(WEXITSTATUS(end_of(pid)), EACCES);
	stop();
}

CASE(readiness_is_told)
{
	struct pollfd p = { .events = POLLIN };

	start(1);
	p.fd = open("m/data", O_RDONLY);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK(s->poll_kh);
	s->tell_poll = 1;
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(p.revents, POLLIN);
	close(p.fd);
	stop();
}

CASE(room_is_the_daemons)
{
	char buf[64];
	FILE *f;

	start(1);
	f = popen("stat -f -c '%s %b %f %a %l' m", "r");
	CHECK(fgets(buf, sizeof(buf), f));
	pclose(f);
	CHECK_STR(buf, "4096 1000 500 400 99\n");
	stop();
}

CASE(bad_answers_are_refused)
{
	struct stat st;
	DIR *d;
	int fd;

	start(0);
	s->lie = BAD_NUMBER;
	fd = open("m/data", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(s->refused, 1);
	close(fd);
	s->lie = BAD_SIZE;
	FAILS(stat("m/data", &st), EIO);
	s->lie = HONEST;
	CHECK_EQ(stat("m/data", &st), 0);
	d = opendir("m");
	s->lie = BAD_ENTRY;
	CHECK(!readdir(d));
	closedir(d);
	s->lie = HONEST;
	stop();
}

/* As libfuse does, which has a node for each name. */
CASE(a_link_may_be_another_node)
{
	struct stat st;
	char buf[64] = "";
	int fd;

	start(100);
	CHECK_EQ(link("m/data", "m/linked"), 0);
	CHECK_EQ(stat("m/linked", &st), 0);
	CHECK_EQ(st.st_ino, 100 + LINKED);
	fd = open("m/linked", O_RDONLY);
	CHECK_EQ(read(fd, buf, sizeof(buf)), s->size);
	close(fd);
	stop();
}

/* What is written by mapping, and beside it, arrives in the order in which it was written. */
CASE(pages_keep_their_order)
{
	char *p;
	int fd;

	start(1);
	fd = open("m/data", O_RDWR);
	CHECK_EQ(ftruncate(fd, 8192), 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 300; i++) {
		memset(p, 'a' + i % 26, 4096);
		msync(p, 8192, MS_ASYNC);
		if (i % 3 == 0)
			CHECK_EQ(pwrite(fd, "written", 7, 100), 7);
		if (i % 50 == 0)
			CHECK_EQ(fsync(fd), 0);
	}
	CHECK_EQ(pwrite(fd, "written", 7, 100), 7);
	CHECK_EQ(fsync(fd), 0);
	CHECK(!memcmp(s->data, p, 8192));
	CHECK(!memcmp(s->data + 100, "written", 7));
	munmap(p, 8192);
	close(fd);
	stop();
}

CASE(bad_mounts_are_refused)
{
	char options[128];
	int fd = open("/dev/fuse", O_RDWR), null = open("/dev/null", O_RDWR);

	mkdir("m", 0755);
	FAILS(mount("t", "m", "fuse", 0, "rootmode=40000,user_id=0,group_id=0"), EINVAL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", null);
	FAILS(mount("t", "m", "fuse", 0, options), EINVAL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0", fd);
	FAILS(mount("t", "m", "fuse", 0, options), EINVAL);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,nonsense", fd);
	FAILS(mount("t", "m", "fuse", 0, options), EINVAL);
	FAILS(read(fd, options, sizeof(options)), EPERM);
}
TAP_MAIN
