#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Modules whose init goes wrong (tests/ko/faulty.c): an error or a dead module, and the machine goes on.
#
# guest-ko: faulty
n=0
ko=/tests/ko/faulty.ko

check() { # NAME COMMAND...
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}

loads() { insmod $ko "what=$1" 2>/dev/null; }

check fine loads 0
check parameter_is_shown grep -q '^0$' /sys/module/faulty/parameters/what
check leaves rmmod faulty
check bad_parameter sh -c "! insmod $ko what=many 2>/dev/null"
check failure_is_an_error sh -c "! insmod $ko what=1 2>/dev/null && [ ! -e /sys/module/faulty ]"
check nonsense_counts_as_success loads 2
check leaves_after_nonsense rmmod faulty
check warning_goes_on loads 3
check warning_was_said sh -c "dmesg | grep -q 'faulty: went on'"
check leaves_after_warning rmmod faulty
check null_read_is_not_survived_by_insmod sh -c "! insmod $ko what=4 2>/dev/null"
check machine_goes_on sh -c 'echo ok | grep -q ok'
check dead_module_stays sh -c "grep -q '^faulty ' /proc/modules && ! rmmod faulty 2>/dev/null"
echo "1..$n"
