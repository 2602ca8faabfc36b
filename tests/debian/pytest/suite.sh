# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2400
# long
# Python's own tests: the result of each test of a module, or of its classes that begin with a word
# (MODULE/WORD), or of those that begin with none of these words (MODULE/others).
# parts: test_os test_posix test_subprocess test_signal test_threading test_mmap test_select test_epoll test_fcntl
# parts: test_tempfile test_shutil test_pty test_pathlib test_socket
# parts: test_multiprocessing_fork/WithProcesses test_multiprocessing_fork/WithThreads
# parts: test_multiprocessing_fork/WithManager test_multiprocessing_fork/others
# parts: test_asyncio.test_base_events test_asyncio.test_buffered_proto test_asyncio.test_context
# parts: test_asyncio.test_events test_asyncio.test_futures test_asyncio.test_futures2 test_asyncio.test_locks
# parts: test_asyncio.test_pep492 test_asyncio.test_proactor_events test_asyncio.test_protocols
# parts: test_asyncio.test_queues test_asyncio.test_runners test_asyncio.test_selector_events
# parts: test_asyncio.test_sendfile test_asyncio.test_server test_asyncio.test_sock_lowlevel test_asyncio.test_ssl
# parts: test_asyncio.test_sslproto test_asyncio.test_streams test_asyncio.test_subprocess
# parts: test_asyncio.test_taskgroups test_asyncio.test_tasks test_asyncio.test_threads test_asyncio.test_timeouts
# parts: test_asyncio.test_transports test_asyncio.test_unix_events test_asyncio.test_waitfor
# parts: test_ssl test_selectors test_httplib test_ftplib
export LC_ALL=C.UTF-8 HOME=/tmp
case $1 in
*/others) classes=(-i 'WithProcesses*' -i 'WithThreads*' -i 'WithManager*') ;;
*/*) classes=(-m "${1#*/}*") ;;
*) classes=() ;;
esac
# --timeout: CPython's knob for slow machines; what its tests wait at most follows from it.
python3 -m test --timeout 7200 --junit-xml /tmp/results.xml "${classes[@]}" "${1%%/*}" >/tmp/log 2>&1
echo "$1 ended $?"
# User attributes on tmpfs are left out: Tern has them, Linux only from 6.6 on.
python3 - <<'P'
import re
import xml.etree.ElementTree as tree
ends, lines = {"ok": 0, "skipped": 0, "failure": 0, "error": 0}, []
for case in tree.parse("/tmp/results.xml").iter("testcase"):
    name = case.get("name")
    if re.search("xattr|ExtendedAttribute", name):
        continue
    found = [part for part in case if part.tag in ends]
    end = found[0].tag if found else "ok"
    ends[end] += 1
    reason = found[0].text or "" if end == "skipped" else ""
    lines.append(re.sub("0x[0-9a-f]+", "0x", f"{name} {end} {reason}".strip()))
print("\n".join(sorted(lines)))
print(", ".join(f"{n} {end}" for end, n in ends.items()))
P
