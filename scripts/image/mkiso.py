#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write a bootable ISO (BIOS and UEFI, CD and USB stick) with GRUB 2.

usage: mkiso.py --kernel FILE --initrd FILE --output FILE [--live FILE.squashfs] [--append STR]
                [--grub auto|multiboot2|linux]

With --live the initramfs finds the system's root in the ISO; what is written to it stays in memory.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from vm import media, paths     # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="write a bootable ISO")
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd")
    parser.add_argument("--output", required=True)
    parser.add_argument("--live")
    parser.add_argument("--append", default="console=tty0 console=ttyS0")
    parser.add_argument("--grub", choices=("auto", "multiboot2", "linux"), default="auto")
    args = parser.parse_args()
    try:
        media.make_iso(args.output, args.kernel, args.initrd, args.append, args.grub, timeout=3,
                       live=args.live)
    except (paths.UsageError, OSError) as err:
        sys.exit(f"mkiso: {err}")


if __name__ == "__main__":
    main()
