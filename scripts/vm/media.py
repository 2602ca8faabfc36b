# SPDX-License-Identifier: GPL-2.0-only
"""Boot media: a hybrid ISO and a GPT disk, both with GRUB 2 for BIOS and UEFI."""
import os
import shutil
import subprocess
import tempfile

from vm import grubimage, paths
from vm.grubimage import run

SECTOR = 512
GFX_MODES = "1024x768x32,1024x768,auto"
DISK_PREFIX = "(,gpt2)/boot/grub"
BIOS_TYPE = "21686148-6449-6E6F-744E-656564454649"
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LIVE_ROOT = "root=live:LABEL=TERN"


def protocol_of(kernel, wanted):
    """multiboot2 for an ELF image, linux for a bzImage."""
    if wanted != "auto":
        return wanted
    return "multiboot2" if paths.setup_version(kernel) is None else "linux"


def grub_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def grub_config(kernel, initrd, append, wanted, timeout=0):
    protocol = protocol_of(kernel, wanted)
    words = " ".join(grub_quote(word) for word in append.split())
    load = {"multiboot2": ("multiboot2", "module2"), "linux": ("linux", "initrd")}[protocol]
    lines = [f"set timeout={timeout}", "set default=0",
             "insmod all_video", f"set gfxpayload={GFX_MODES}",
             "menuentry Tern {", f"\t{load[0]} /boot/kernel {words}"]
    if initrd:
        lines.append(f"\t{load[1]} /boot/initrd")
    return "\n".join(lines + ["}", ""])


def copy_kernel(kernel, target):
    """As a boot loader needs it: without what is for debuggers."""
    if paths.setup_version(kernel) is None:
        run("strip", "-o", target, kernel)
    else:
        shutil.copyfile(kernel, target)


def make_iso(path, kernel, initrd, append, protocol="auto", timeout=0, live=None):
    """Write an ISO that boots from CD and USB stick, by BIOS and by UEFI; live: its root's squashfs."""
    if live:
        append = f"{append} {LIVE_ROOT}"
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as tree:
        boot = os.path.join(tree, "boot")
        os.makedirs(os.path.join(boot, "grub"))
        copy_kernel(kernel, os.path.join(boot, "kernel"))
        if initrd:
            shutil.copyfile(initrd, os.path.join(boot, "initrd"))
        if live:
            os.makedirs(os.path.join(tree, "live"))
            os.link(live, os.path.join(tree, "live/root.squashfs"))
        with open(os.path.join(boot, "grub/grub.cfg"), "w", encoding="utf-8") as f:
            f.write(grub_config(kernel, initrd, append, protocol, timeout))
        run("grub-mkrescue", "-o", path, tree, "--", "-volid", "TERN")


def make_disk(path, kernel, initrd, append, protocol="auto"):
    """Write a GPT disk with GRUB for BIOS and UEFI; its EFI system partition holds kernel and initramfs."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as tmp:
        config, efi, esp, image = (os.path.join(tmp, n) for n in ("grub.cfg", "BOOTX64.EFI", "esp.img", "kernel"))
        copy_kernel(kernel, image)
        size_mib = 48 + sum(os.path.getsize(f) for f in [image] + ([initrd] if initrd else [])) // (1 << 20)
        with open(config, "w", encoding="utf-8") as f:
            f.write(grub_config(kernel, initrd, append, protocol))
        with open(efi, "wb") as f:
            f.write(grubimage.uefi(DISK_PREFIX))
        with open(esp, "wb") as f:
            f.truncate(size_mib << 20)
        run("mkfs.fat", "-F", "32", "-n", "ESP", esp)
        for folder in ("::/EFI", "::/EFI/BOOT", "::/boot", "::/boot/grub"):
            run("mmd", "-i", esp, folder)
        copies = {efi: "EFI/BOOT/BOOTX64.EFI", config: "boot/grub/grub.cfg", image: "boot/kernel"}
        if initrd:
            copies[initrd] = "boot/initrd"
        for source, name in copies.items():
            run("mcopy", "-i", esp, source, "::/" + name)
        write_gpt(path, esp, size_mib)
    grubimage.install_bios(path, DISK_PREFIX)


def write_gpt(path, esp, size_mib):
    first = grubimage.BIOS_START + grubimage.BIOS_SECTORS
    sectors = (size_mib << 20) // SECTOR
    with open(path, "wb") as f:
        f.truncate((first + sectors) * SECTOR + (1 << 20))
    layout = (f"label: gpt\nstart={grubimage.BIOS_START}, size={grubimage.BIOS_SECTORS}, type={BIOS_TYPE}\n"
              f"start={first}, size={sectors}, type={ESP_TYPE}\n")
    result = subprocess.run(["sfdisk", "-q", path], input=layout.encode(),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise paths.UsageError(f"sfdisk failed:\n{result.stdout.decode()}")
    with open(path, "r+b") as disk, open(esp, "rb") as part:
        disk.seek(first * SECTOR)
        shutil.copyfileobj(part, disk, 1 << 20)
