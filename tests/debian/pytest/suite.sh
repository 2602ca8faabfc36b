# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2400
# long
# Python's own tests: the result of each test of a module.
# parts: test_os test_posix test_subprocess test_signal test_threading test_mmap test_select test_epoll test_fcntl
# parts: test_tempfile test_shutil test_pty test_pathlib test_multiprocessing_fork test_asyncio test_socket
# parts: test_ssl test_selectors test_httplib test_ftplib
export LC_ALL=C.UTF-8 HOME=/tmp
# --timeout: CPython's knob for slow machines; what its tests wait at most follows from it.
python3 -m test --timeout 7200 --junit-xml /tmp/results.xml "$1" >/tmp/log 2>&1
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
