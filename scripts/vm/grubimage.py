# SPDX-License-Identifier: GPL-2.0-only
"""GRUB 2 as images that start from a GPT disk, by BIOS and by UEFI.

The BIOS finds boot.img in the disk's first sector, which loads core.img from a partition of its own.
Both contain disk addresses; that partition begins at BIOS_START on each disk of ours, so they can be made
before there is a disk. PREFIX, GRUB's folder, is "(,gptN)/FOLDER": on the disk that it was started from.
"""
import os
import struct
import subprocess
import tempfile

from vm import paths

BIOS_START = 2048           # first sector of the BIOS boot partition
BIOS_SECTORS = 2048
SECTOR = 512
MBR_CODE = 440              # then come the disk's signature and the partition table

BIOS_FOLDER = "/usr/lib/grub/i386-pc"
CORE_SECTOR_AT = 0x5c       # in boot.img: address of core.img
DRIVE_CHECK_AT = 0x66       # in boot.img: a jump past the check of the drive number
NOPS = b"\x90\x90"
BLOCKS_AT = SECTOR - 12     # in core.img's first sector: address of the others

MODULES = ("part_gpt", "fat", "ext2", "normal", "multiboot2", "linux", "loadenv", "test", "echo",
           "configfile", "serial", "terminal", "all_video", "gzio", "search", "boot", "minicmd")


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise paths.UsageError(f"{command[0]} failed:\n{result.stdout.decode('utf-8', 'replace')}")


def make_core(target, prefix, *modules):
    """GRUB's image for TARGET as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "image")
        run("grub-mkimage", "-O", target, "-p", prefix, "-o", path, *MODULES, *modules)
        with open(path, "rb") as f:
            return f.read()


def bios(prefix):
    """(boot.img, core.img) as bytes."""
    with open(os.path.join(BIOS_FOLDER, "boot.img"), "rb") as f:
        boot = bytearray(f.read(SECTOR))
    struct.pack_into("<Q", boot, CORE_SECTOR_AT, BIOS_START)
    boot[DRIVE_CHECK_AT:DRIVE_CHECK_AT + len(NOPS)] = NOPS
    core = bytearray(make_core("i386-pc", prefix, "biosdisk"))
    struct.pack_into("<Q", core, BLOCKS_AT, BIOS_START + 1)
    if len(core) > BIOS_SECTORS * SECTOR:
        raise paths.UsageError("GRUB does not fit its partition")
    return bytes(boot[:MBR_CODE]), bytes(core)


def uefi(prefix):
    """BOOTX64.EFI as bytes."""
    return make_core("x86_64-efi", prefix, "efi_gop")


def install_bios(path, prefix):
    """Write GRUB into the disk image at PATH, whose BIOS boot partition is where it has to be."""
    boot, core = bios(prefix)
    with open(path, "r+b") as disk:
        disk.write(boot)
        disk.seek(BIOS_START * SECTOR)
        disk.write(core)
