#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""FAT written by the guest, judged by fsck.fat and mtools of this machine.

usage: test_fat.py [--kernel FILE]

Images of several kinds are filled, emptied in part and renamed in; then fsck.fat must
find nothing and mtools must read what the guest wrote.
"""
import argparse
import hashlib
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINDS = [("12", 2, 1), ("16", 16, 4), ("16", 24, 8), ("32", 40, 1)]    # bits, MiB, sectors a cluster
WORK = """set -e; mkdir m; mount -t vfat /dev/vda m; cd m; i=0
while [ $i -lt 150 ]; do
	mkdir -p d$((i % 7)); echo contents of file $i >"d$((i % 7))/file with number $i"; i=$((i + 1))
done
cp -r d1 copy; rm -r d2; mv d3 d4/moved; mv d5 "A longer name"; rm d0/*7*
cat /bin/busybox | head -c 700000 >big; cp big "big too"; rm big; echo more >>"big too"
cd ..; umount m; mount -t vfat /dev/vda m; cksum "m/big too" >/dev/null; cat "m/A longer name/file with number 12"
head -c 700000 /bin/busybox >/tmp/want; echo more >>/tmp/want; cmp /tmp/want "m/big too"; md5sum </tmp/want; umount m"""


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"not ok: {' '.join(command[:4])}\n{done.stdout.decode('utf-8', 'replace')}")
    return done.stdout


def check(kind, image, kernel):
    bits, size, sectors = kind
    with open(image, "wb") as f:
        f.truncate(size << 20)
    run("/usr/sbin/mkfs.fat", "-F", bits, "-s", str(sectors), image)
    other = ["--kernel", kernel, "--modules", "vfat,nls_cp437,nls_ascii,nls_utf8"] if kernel else []
    out = run(os.path.join(TOP, "scripts/guest"), *other, "--disk", image, "--", WORK).decode()
    if "contents of file 12" not in out:
        raise SystemExit(f"not ok: FAT{bits}: the guest read {out!r}")
    run("/usr/sbin/fsck.fat", "-n", image)
    told = hashlib.md5(run("mtype", "-i", image, "::/big too")).hexdigest()
    if told not in out:
        raise SystemExit(f"not ok: FAT{bits}: mtools and the guest read different contents")
    print(f"ok FAT{bits}, {sectors} sectors a cluster")


def main():
    parser = argparse.ArgumentParser(description="FAT against fsck.fat")
    parser.add_argument("--kernel")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            check(kind, os.path.join(folder, "fat.img"), args.kernel)
    print(f"{len(KINDS)} passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
