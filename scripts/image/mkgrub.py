#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the GRUB images that tern-install copies to a disk: boot.img, core.img, BOOTX64.EFI.

usage: mkgrub.py --prefix "(,gptN)/FOLDER" --output FOLDER
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from vm import grubimage, paths     # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="GRUB for the installer")
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    try:
        boot, core = grubimage.bios(args.prefix)
        images = {"boot.img": boot, "core.img": core, "BOOTX64.EFI": grubimage.uefi(args.prefix)}
        os.makedirs(args.output, exist_ok=True)
        for name, data in images.items():
            with open(os.path.join(args.output, name), "wb") as f:
                f.write(data)
    except (paths.UsageError, OSError) as err:
        sys.exit(f"mkgrub: {err}")


if __name__ == "__main__":
    main()
