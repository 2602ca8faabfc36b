#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a cpio archive (newc) from a table of files: reproducible, without root.

usage: mkinitrd.py --output FILE [--table TBL] [--base DIR] [--var NAME=VALUE]...
                   [--add PATH[:DEST]]...

Equal input gives equal bytes: times are 0, owners come from the table, names
are sorted, inode numbers are counted. An output name that ends in .gz, .xz,
.zst or .lz4 is compressed. Table lines are `type path mode uid gid source`:

  dir   /proc 0555 0 0 -             a folder
  file  /init 0755 0 0 rootfs/init   contents of a file, relative to --base
  link  /bin/sh 0777 0 0 busybox     a symbolic link and where it points
  node  /dev/null 0666 0 0 c:1:3     a device node
  links - 0777 0 0 LIST=TARGET       a link to TARGET at each path named in file LIST

${NAME} in a source stands for the value given by --var. --add copies a file
or the contents of a folder to DEST (default /).
"""
import argparse
import os
import stat
import subprocess
import sys

TRAILER = "TRAILER!!!"
COMPRESSORS = {
    "gzip": ["gzip", "-9nc"],
    "xz": ["xz", "-c", "--check=crc32"],
    "zstd": ["zstd", "-qc", "-10"],
    "lz4": ["lz4", "-lqc"],
}
ENDINGS = {".gz": "gzip", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}
NODE_TYPES = {"c": stat.S_IFCHR, "b": stat.S_IFBLK}


class Archive:
    """Entries of an archive by name; a later entry replaces an earlier one."""

    def __init__(self):
        self.entries = {}

    def add(self, path, mode, uid=0, gid=0, data=b"", rdev=(0, 0)):
        name = os.path.normpath(path).strip("/")
        if name in ("", "."):
            return
        parent = os.path.dirname(name)
        if parent and parent not in self.entries:
            self.add(parent, stat.S_IFDIR | 0o755)
        self.entries[name] = (mode, uid, gid, data, rdev)

    def add_text(self, path, text, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data=text.encode())

    def add_file(self, path, source, mode, uid=0, gid=0):
        with open(source, "rb") as f:
            self.add(path, stat.S_IFREG | mode, uid, gid, f.read())

    def add_host(self, source, dest):
        """Add a file, link or folder of the host; folders with all they contain."""
        info = os.lstat(source)
        mode = info.st_mode & 0o7777
        if stat.S_ISLNK(info.st_mode):
            self.add(dest, stat.S_IFLNK | 0o777, data=os.readlink(source).encode())
        elif stat.S_ISDIR(info.st_mode):
            if dest.strip("/") not in self.entries:
                self.add(dest, stat.S_IFDIR | mode)
            for name in sorted(os.listdir(source)):
                self.add_host(os.path.join(source, name), os.path.join(dest, name))
        elif stat.S_ISREG(info.st_mode):
            self.add_file(dest, source, mode)
        else:
            raise ValueError(f"{source}: neither file, link nor folder")

    def copy(self, spec):
        """Act on an --add argument: PATH or PATH:DEST."""
        source, _, dest = spec.partition(":")
        source = source.rstrip("/") or "/"
        if not os.path.isdir(source) and (not dest or dest.endswith("/")):
            dest = os.path.join(dest or "/", os.path.basename(source))
        self.add_host(source, dest or "/")

    def dump(self):
        """The archive as bytes."""
        out = bytearray()
        names = sorted(self.entries)    # a folder sorts before what it contains
        for ino, name in enumerate(names, 1):
            append_entry(out, name, ino, *self.entries[name])
        append_entry(out, TRAILER, 0, 0, 0, 0, b"", (0, 0))
        out.extend(bytes(-len(out) % 512))
        return bytes(out)


def cpio_header(name, ino, mode, uid, gid, links, mtime, major, minor, size):
    """Header and name of an entry; the caller pads to 4 and appends the contents."""
    raw = os.fsencode(name) + b"\0"
    fields = (ino, mode, uid, gid, links, mtime, size, 0, 0, major, minor, len(raw), 0)
    return b"070701" + b"".join(b"%08x" % v for v in fields) + raw


def append_entry(out, name, ino, mode, uid, gid, data, rdev):
    links = 2 if stat.S_ISDIR(mode) else 1
    out.extend(cpio_header(name, ino, mode, uid, gid, links, 0, *rdev, len(data)))
    out.extend(bytes(-len(out) % 4))
    out.extend(data)
    out.extend(bytes(-len(out) % 4))


def read_links(archive, source, base, mode, uid, gid):
    listing, _, target = source.partition("=")
    with open(os.path.join(base, listing), encoding="utf-8") as f:
        for path in f.read().split():
            if path != target:
                archive.add(path, stat.S_IFLNK | mode, uid, gid, target.encode())


def read_table(archive, table, base, variables):
    with open(table, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#", 1)[0].split()
            if not words:
                continue
            try:
                read_row(archive, words, base, variables)
            except (ValueError, KeyError, OSError) as err:
                sys.exit(f"{table}:{number}: {err}")


def read_row(archive, words, base, variables):
    kind, path, mode, uid, gid, source = words
    mode, uid, gid = int(mode, 8), int(uid), int(gid)
    for name, value in variables.items():
        source = source.replace("${%s}" % name, value)
    if kind == "dir":
        archive.add(path, stat.S_IFDIR | mode, uid, gid)
    elif kind == "file":
        archive.add_file(path, os.path.join(base, source), mode, uid, gid)
    elif kind == "link":
        archive.add(path, stat.S_IFLNK | mode, uid, gid, source.encode())
    elif kind == "node":
        letter, major, minor = source.split(":")
        archive.add(path, NODE_TYPES[letter] | mode, uid, gid, rdev=(int(major), int(minor)))
    elif kind == "links":
        read_links(archive, source, base, mode, uid, gid)
    else:
        raise ValueError(f"unknown type {kind}")


def compress(kind, data):
    """Compress in the form that kernels accept for an initramfs."""
    return subprocess.run(COMPRESSORS[kind], input=data, stdout=subprocess.PIPE, check=True).stdout


def write_output(path, data):
    kind = ENDINGS.get(os.path.splitext(path)[1])
    if kind:
        data = compress(kind, data)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as f:
        f.write(data)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description="write a newc archive from a table of files")
    parser.add_argument("--output", required=True, action="append")
    parser.add_argument("--table")
    parser.add_argument("--base", default=".")
    parser.add_argument("--var", action="append", default=[])
    parser.add_argument("--add", action="append", default=[])
    args = parser.parse_args()
    archive = Archive()
    if args.table:
        read_table(archive, args.table, args.base, dict(v.split("=", 1) for v in args.var))
    for spec in args.add:
        archive.copy(spec)
    data = archive.dump()
    for path in args.output:
        write_output(path, data)


if __name__ == "__main__":
    main()
