# SPDX-License-Identifier: GPL-2.0-only
# timeout: 3000
# long
# Python's own tests: the result of each test of these modules.
export LC_ALL=C.UTF-8 HOME=/tmp
for m in ${MODULES:-test_os test_posix test_subprocess test_signal test_threading test_mmap test_select test_epoll test_fcntl test_tempfile \
		test_shutil test_pty test_pathlib test_multiprocessing_fork test_asyncio test_socket}; do
	timeout 900 python3 -m test -v "$m" >/tmp/log 2>&1
	echo "$m ended $?"
	grep -E ' \.\.\. |^(FAIL|ERROR):' /tmp/log | sed -E 's/ \(.*\)( \.\.\.|$)/&/; s/0x[0-9a-f]+/0x/g' | sort
done
exit 0
