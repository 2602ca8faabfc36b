// SPDX-License-Identifier: GPL-2.0-only
/* Lines of /proc/PID/status, files of /sys that tools read, attributes that tmpfs refuses. */
#include "../tap.h"

#include <dirent.h>
#include <sys/xattr.h>

CASE(status_has_its_lines_in_order)
{
	static const char *const names[] = {
		"Name:", "Umask:", "State:", "Tgid:", "Ngid:", "Pid:", "PPid:", "TracerPid:", "Uid:", "Gid:",
		"FDSize:", "Groups:", "NStgid:", "NSpid:", "NSpgid:", "NSsid:", "VmPeak:", "VmSize:",
		"VmLck:", "VmPin:", "VmHWM:", "VmRSS:", "RssAnon:", "RssFile:", "RssShmem:", "VmData:",
		"VmStk:", "VmExe:", "VmLib:", "VmPTE:", "VmSwap:", "HugetlbPages:", "CoreDumping:",
		"THP_enabled:", "Threads:", "SigQ:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:",
		"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:",
		"Seccomp_filters:", "Speculation_Store_Bypass:", "SpeculationIndirectBranch:",
		"Cpus_allowed:", "Cpus_allowed_list:", "Mems_allowed:", "Mems_allowed_list:",
		"voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:",
	};
	const char *at = read_file("/proc/self/status");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(at, names[i], strlen(names[i])))
			tap_fail(__LINE__, "no %s at \"%.30s\"", names[i], at);
		at = strchr(at, '\n');
		NEED(at++);
	}
	CHECK_EQ(*at, '\0');
}

static int fdsize(void)
{
	const char *at = strstr(read_file("/proc/self/status"), "FDSize:\t");

	return at ? atoi(at + 8) : -1;
}

CASE(fdsize_grows_with_the_table)
{
	CHECK_EQ(fdsize(), 64);
	NEED(dup2(0, 200) == 200);
	CHECK_EQ(fdsize(), 256);
}

CASE(vulnerabilities_are_stated)
{
	static const char *const states[] = {
		"Not affected", "Vulnerable", "Mitigation", "Unknown", "Processor vuln", "KVM",
	};
	DIR *d = opendir("/sys/devices/system/cpu/vulnerabilities");
	struct dirent *e;
	int n = 0;

	NEED(d);
	while ((e = readdir(d))) {
		char name[400];
		const char *text;
		int ok = 0;

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "/sys/devices/system/cpu/vulnerabilities/%s", e->d_name);
		text = read_file(name);
		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
			ok |= !strncmp(text, states[i], strlen(states[i]));
		if (!ok)
			tap_fail(__LINE__, "%s: %s", name, text);
		n++;
	}
	closedir(d);
	CHECK(n >= 9);
	for (const char *const *s = (const char *const []){ "meltdown", "spectre_v1", "spectre_v2", "l1tf", "mds",
	     "spec_store_bypass", NULL }; *s; s++) {
		char name[100];

		snprintf(name, sizeof(name), "/sys/devices/system/cpu/vulnerabilities/%s", *s);
		CHECK(access(name, R_OK) == 0);
	}
}

CASE(terminals_have_a_class)
{
	char link[200];

	CHECK_STR(read_file("/sys/class/tty/tty/dev"), "5:0\n");
	CHECK_STR(read_file("/sys/class/tty/console/dev"), "5:1\n");
	CHECK_STR(read_file("/sys/class/tty/ptmx/dev"), "5:2\n");
	CHECK(strstr(read_file("/sys/class/tty/ptmx/uevent"), "MAJOR=5\nMINOR=2\nDEVNAME=ptmx\n"));
	CHECK_STR(read_file("/sys/class/tty/ttyS0/dev"), "4:64\n");
	CHECK_STR(read_file("/sys/dev/char/5:2/dev"), "5:2\n");
	CHECK(readlink("/sys/class/tty/ptmx/subsystem", link, sizeof(link)) > 0);
}

CASE(tmpfs_keeps_no_user_attributes)
{
	char buf[16];

	write_file("f", "");
	FAILS(setxattr("f", "user.x", "1", 1, 0), EOPNOTSUPP);
	FAILS(getxattr("f", "user.x", buf, sizeof(buf)), EOPNOTSUPP);
	FAILS(removexattr("f", "user.x"), EOPNOTSUPP);
	CHECK(setxattr("f", "trusted.x", "1", 1, 0) == 0);
	CHECK_EQ(getxattr("f", "trusted.x", buf, sizeof(buf)), 1);
}
CASE(idle_time_does_not_go_back)
{
	double up, idle, last_up = 0, last_idle = 0;

	for (int i = 0; i < 3000; i++) {
		NEED(sscanf(read_file("/proc/uptime"), "%lf %lf", &up, &idle) == 2);
		CHECK(up >= last_up && idle >= last_idle);
		last_up = up;
		last_idle = idle;
		if (i % 16 == 0)
			usleep(100);
	}
}

TAP_MAIN
