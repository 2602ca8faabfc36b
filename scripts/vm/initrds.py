# SPDX-License-Identifier: GPL-2.0-only
"""Initramfs files for the boot tests: several archives in a row, broken ones."""
import gzip
import os
import random

from mkinitrd import Archive, compress
from vm import paths

def extra(files, mode=0o644):
    archive = Archive()
    for path, text in files.items():
        archive.add_text(path, text, mode)
    return archive.dump()


def padded(*parts):
    out = b""
    for part in parts:
        out += part + bytes(-len(part) % 4)
    return out


def concatenated(image):
    """Three archives, three formats; the last one replaces a file of the one before."""
    return padded(compress("gzip", image),
                  compress("xz", extra({"/first": "first archive\n", "/second": "old\n"})),
                  extra({"/second": "replaced by the last archive\n"}))


def corrupt_gzip(image):
    data = bytearray(gzip.compress(image, 6, mtime=0))
    for at in range(len(data) // 3, len(data) // 3 + 512):
        data[at] ^= 0x5A
    return bytes(data)


def absurd_sizes(image):
    """A header whose name and file sizes reach beyond the end of memory."""
    header = bytearray(image[:110])
    header[54:62] = b"fffffff0"
    header[94:102] = b"7ffffff0"
    return bytes(header) + image[110:4096]


def garbage(_image):
    return random.Random(1).randbytes(100000)


MAKERS = {
    "concatenated": concatenated,
    "truncated-gzip": lambda image: gzip.compress(image, 6, mtime=0)[:200000],
    "corrupt-gzip": corrupt_gzip,
    "garbage": garbage,
    "cut-archive": lambda image: image[:len(image) // 2],
    "absurd-sizes": absurd_sizes,
    "text-init": lambda _image: extra({"/init": "no program\n"}, 0o755),
    "not-executable-init": lambda _image: extra({"/init": "#!/bin/sh\n"}),
    "no-init": lambda _image: extra({"/etc/motd": "no init here\n"}),
}


def make(kind, folder):
    """Write the initramfs of this kind into a folder; return its path."""
    path = os.path.join(folder, kind + ".initrd")
    if not os.path.exists(path):
        with open(paths.built("initramfs.cpio", "run make image"), "rb") as f:
            image = f.read()
        with open(path, "wb") as f:
            f.write(MAKERS[kind](image))
    return path
