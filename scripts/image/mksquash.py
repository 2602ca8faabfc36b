#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turn an initramfs (newc, not compressed) into the squashfs of a live system.

usage: mksquash.py --archive FILE.cpio [--archive FILE.cpio]... --output FILE [--pack zstd|xz|gzip]

Owners and device nodes are the archive's; root is not needed. Later archives
add to the ones before. Equal input gives equal bytes.
"""
import argparse
import io
import os
import stat
import subprocess
import tarfile

HEAD = 110
TYPES = {stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFREG: tarfile.REGTYPE, stat.S_IFLNK: tarfile.SYMTYPE,
         stat.S_IFCHR: tarfile.CHRTYPE, stat.S_IFBLK: tarfile.BLKTYPE, stat.S_IFIFO: tarfile.FIFOTYPE}


def entries(f):
    """(name, fields, data) of each entry; archives may follow each other."""
    while True:
        head = f.read(HEAD)
        if len(head) < HEAD:
            return
        if head[:6] != b"070701":
            raise ValueError("not a newc archive")
        fields = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        raw = f.read(fields[11])
        f.read(-(HEAD + fields[11]) % 4)
        data = f.read(fields[6])
        f.read(-fields[6] % 4)
        name = os.fsdecode(raw.rstrip(b"\0"))
        if name == "TRAILER!!!":
            skip_zeroes(f)
            continue
        yield name, fields, data


def skip_zeroes(f):
    while True:
        word = f.read(4)
        if word != b"\0\0\0\0":
            f.seek(-len(word), os.SEEK_CUR)
            return


def add(tar, name, fields, data, links):
    """One entry; the names of a file with several come before its contents."""
    ino, mode, uid, gid, nlink, mtime = fields[:6]
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid, info.mtime = mode & 0o7777, uid, gid, mtime
    info.type = TYPES[stat.S_IFMT(mode)]
    if stat.S_ISLNK(mode):
        info.linkname = os.fsdecode(data)
    elif stat.S_ISREG(mode):
        if nlink > 1 and not data:
            links.setdefault(ino, []).append(info)
            return
        info.size = len(data)
    info.devmajor, info.devminor = fields[9], fields[10]
    tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    for other in links.pop(ino, []) if nlink > 1 else []:
        other.type, other.linkname = tarfile.LNKTYPE, name
        tar.addfile(other)


def convert(archives, out):
    folders = set()
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in archives:
            links = {}
            with open(path, "rb") as f:
                for name, fields, data in entries(f):
                    name = os.path.normpath(name)
                    if name == "." or name in folders:
                        continue
                    if stat.S_ISDIR(fields[1]):
                        folders.add(name)
                    add(tar, name, fields, data, links)
            for group in links.values():        # empty files with several names
                for info in group:
                    tar.addfile(info, io.BytesIO())


def main():
    parser = argparse.ArgumentParser(description="initramfs to squashfs")
    parser.add_argument("--archive", action="append", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--pack", choices=("zstd", "xz", "gzip"), default="zstd")
    args = parser.parse_args()
    temporary = f"{args.output}.{os.getpid()}"
    command = ["sqfstar", "-comp", args.pack, "-mkfs-time", "0", "-quiet", "-no-progress", temporary]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as packer:
        convert(args.archive, packer.stdin)
        packer.stdin.close()
    if packer.returncode:
        raise SystemExit(f"mksquash: sqfstar ended with {packer.returncode}")
    os.replace(temporary, args.output)


if __name__ == "__main__":
    main()
