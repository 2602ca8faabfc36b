#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A folder of this machine shared with the guest by 9P: each side sees what the other did.

usage: test_share.py [--kernel FILE]
"""
import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORK = """set -e; cd /share; grep -q ' /share 9p ' /proc/mounts
cat small; md5sum <big; ls many | wc -l; readlink link; [ ! -e none ]
echo guest >made; mkdir dir; cp big dir/copy; cmp big dir/copy; mv dir/copy dir/moved; ln -s small dir/l
echo one >log; echo two >>log; cat log; chmod 0640 made; stat -c %a made; truncate -s 5 log; cat log
cp /bin/busybox true; ./true && echo ran; ln made hard; stat -c %h made; rm small
mkdir -p a/b/c; rmdir a/b/c; dd if=big of=part bs=1000 skip=3 count=7 2>/dev/null
(exec 3<made; rm made; cat <&3); ! cat made 2>/dev/null; touch -d @1000000000 log; stat -c %Y log
for i in 1 2 3 4; do (cp big big$i) & done; wait; cmp big big3; sync; df /share >/dev/null; echo done"""


def main():
    parser = argparse.ArgumentParser(description="9P share")
    parser.add_argument("--kernel")
    args = parser.parse_args()
    big = random.Random(7).randbytes(1_000_003)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "many"))
        for i in range(300):
            with open(os.path.join(folder, "many", f"a file with the number {i}"), "w", encoding="ascii"):
                pass
        for name, data in (("small", b"from the host\n"), ("big", big)):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
        os.symlink("small", os.path.join(folder, "link"))
        done = subprocess.run([os.path.join(TOP, "scripts/guest"), *(["--kernel", args.kernel] if args.kernel else []),
                               "--smp", "2", "--share", folder, "--", WORK],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        out = done.stdout.decode("utf-8", "replace").replace("\r", "")
        want = ("from the host\n" + hashlib.md5(big).hexdigest() + "  -\n300\nsmall\none\ntwo\n640\none\nt"
                "ran\n2\nguest\n1000000000\ndone\n")
        if done.returncode or out != want:
            sys.exit(f"not ok: status {done.returncode}, output:\n{out}\nwanted:\n{want}")
        with open(os.path.join(folder, "dir/moved"), "rb") as f:
            same = f.read() == big
        with open(os.path.join(folder, "part"), "rb") as f:
            same = same and f.read() == big[3000:10000]
        left = sorted(os.listdir(folder))
        if not same or left != sorted(["a", "big", "big1", "big2", "big3", "big4", "dir", "hard", "link", "log",
                                       "many", "part", "true"]):
            sys.exit(f"not ok: this machine has {left}")
    print("1 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
