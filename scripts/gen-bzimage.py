#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put a bzImage together.

usage: gen-bzimage.py SETUP MOVER KERNEL NM VERSION OUT
SETUP, MOVER and KERNEL are flat binaries (arch/x86/boot/bzimage/setup.S,
mover.S and objcopy -O binary of the kernel), NM is `nm` of the kernel.

Layout: SETUP padded to sectors, MOVER (one page), KERNEL.
"""
import struct
import sys

SECTOR, PAGE = 512, 4096
ZERO_PAGE = 0x4000      # BOOT_PARAMS of setup.S
OFFSET = 0xFFFFFFFF80000000     # virtual minus physical in the kernel image


def read(path):
    with open(path, "rb") as f:
        return f.read()


def pad(data, unit):
    return data + bytes(-len(data) % unit)


def main():
    setup, mover, kernel = (bytearray(read(p)) for p in sys.argv[1:4])
    with open(sys.argv[4]) as f:
        symbols = {p[-1]: int(p[0], 16) for p in map(str.split, f) if len(p) == 3}
    place = symbols["_text"] - OFFSET
    memory = symbols["_end"] - symbols["_text"]
    kernel = pad(kernel, 16)
    if len(mover) != PAGE:
        sys.exit("gen-bzimage: mover.S is not one page")

    version = sys.argv[5].encode()[:127]
    at = struct.unpack_from("<H", setup, 0x20E)[0] + 0x200
    setup[at:at + len(version)] = version
    if len(setup) > ZERO_PAGE:
        sys.exit("gen-bzimage: setup.S reaches into its zero page")
    setup = pad(setup, SECTOR)
    setup += bytes(max(0, 5 * SECTOR - len(setup)))     # 0 or less than 4 means 4
    sectors = len(setup) // SECTOR - 1
    init_size = PAGE + max(memory, len(kernel)) + PAGE
    init_size += -init_size % PAGE
    struct.pack_into("<IIII", mover, PAGE - 16, symbols["tern_start32"] - OFFSET,
                     len(kernel) // 4, place, init_size - PAGE)
    body = mover + kernel
    setup[0x1F1] = sectors
    struct.pack_into("<I", setup, 0x1F4, len(body) // 16)
    struct.pack_into("<Q", setup, 0x258, place - PAGE)
    struct.pack_into("<I", setup, 0x260, init_size)
    with open(sys.argv[6], "wb") as f:
        f.write(setup + body)


main()
