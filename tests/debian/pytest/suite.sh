# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2400
# long
# Python's own tests: the result of each test of a module.
# parts: test_os test_posix test_subprocess test_signal test_threading test_mmap test_select test_epoll test_fcntl
# parts: test_tempfile test_shutil test_pty test_pathlib test_multiprocessing_fork test_asyncio test_socket
# parts: test_ssl test_selectors test_httplib test_ftplib
export LC_ALL=C.UTF-8 HOME=/tmp
# --timeout: CPython's knob for slow machines; what its tests wait at most follows from it.
python3 -m test -v --timeout 7200 "$1" >/tmp/log 2>&1
echo "$1 ended $?"
# A test that prints something itself has its verdict on a line of its own, or behind that.
# User attributes on tmpfs are left out: Tern has them, Linux only from 6.6 on.
sed -nE '/xattr|ExtendedAttribute/d; s/^(test\w+ \([^)]*\)).* \.\.\. .*(ok|FAIL|ERROR|skipped .*)$/\1 \2/p; /^(FAIL|ERROR): /p' /tmp/log | sed -E 's/0x[0-9a-f]+/0x/g' | sort
grep -E '^Ran |^(OK|FAILED)' /tmp/log | sed -E 's/ in [0-9.]+s//; s/ ?\(?skipped=[0-9]+\)?//'
exit 0
