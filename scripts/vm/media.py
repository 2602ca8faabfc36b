# SPDX-License-Identifier: GPL-2.0-only
"""Boot media: a hybrid ISO (BIOS and UEFI) and a GPT disk (UEFI), both with GRUB 2."""
import os
import shutil
import subprocess
import tempfile

from vm import paths

SECTOR = 512
GFX_MODES = "1024x768x32,1024x768,auto"
ESP_START = 2048            # first sector of the EFI system partition
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LIVE_ROOT = "root=live:LABEL=TERN"
GRUB_MODULES = ("part_gpt", "part_msdos", "fat", "iso9660", "normal", "multiboot2", "linux",
                "search", "all_video", "gfxterm", "echo", "configfile", "serial")


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        text = result.stdout.decode("utf-8", "replace")
        raise paths.UsageError(f"{command[0]} failed:\n{text}")


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


def make_iso(path, kernel, initrd, append, protocol="auto", timeout=0, live=None):
    """Write an ISO that boots from CD and USB stick, by BIOS and by UEFI; live: its root's squashfs."""
    if live:
        append = f"{append} {LIVE_ROOT}"
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as tree:
        boot = os.path.join(tree, "boot")
        os.makedirs(os.path.join(boot, "grub"))
        shutil.copyfile(kernel, os.path.join(boot, "kernel"))
        if initrd:
            shutil.copyfile(initrd, os.path.join(boot, "initrd"))
        if live:
            os.makedirs(os.path.join(tree, "live"))
            os.link(live, os.path.join(tree, "live/root.squashfs"))
        with open(os.path.join(boot, "grub/grub.cfg"), "w", encoding="utf-8") as f:
            f.write(grub_config(kernel, initrd, append, protocol, timeout))
        run("grub-mkrescue", "-o", path, tree, "--", "-volid", "TERN")


def make_disk(path, kernel, initrd, append, protocol="auto"):
    """Write a GPT disk whose EFI system partition holds GRUB, kernel and initramfs."""
    files = [kernel] + ([initrd] if initrd else [])
    size_mib = 48 + sum(os.path.getsize(f) for f in files) // (1 << 20)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as tmp:
        config = os.path.join(tmp, "grub.cfg")
        with open(config, "w", encoding="utf-8") as f:
            f.write("search --set=root --file /boot/kernel\n")
            f.write(grub_config(kernel, initrd, append, protocol))
        efi = os.path.join(tmp, "BOOTX64.EFI")
        run("grub-mkstandalone", "-O", "x86_64-efi", "-o", efi, "--modules", " ".join(GRUB_MODULES),
            f"boot/grub/grub.cfg={config}")
        esp = os.path.join(tmp, "esp.img")
        with open(esp, "wb") as f:
            f.truncate(size_mib << 20)
        run("mkfs.fat", "-F", "32", "-n", "ESP", esp)
        for folder in ("::/EFI", "::/EFI/BOOT", "::/boot"):
            run("mmd", "-i", esp, folder)
        run("mcopy", "-i", esp, efi, "::/EFI/BOOT/BOOTX64.EFI")
        run("mcopy", "-i", esp, kernel, "::/boot/kernel")
        if initrd:
            run("mcopy", "-i", esp, initrd, "::/boot/initrd")
        write_gpt(path, esp, size_mib)


def write_gpt(path, esp, size_mib):
    sectors = (size_mib << 20) // SECTOR
    with open(path, "wb") as f:
        f.truncate((ESP_START + sectors) * SECTOR + (1 << 20))
    layout = f"label: gpt\nstart={ESP_START}, size={sectors}, type={ESP_TYPE}\n"
    result = subprocess.run(["sfdisk", "-q", path], input=layout.encode(),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        raise paths.UsageError(f"sfdisk failed:\n{result.stdout.decode()}")
    with open(path, "r+b") as disk, open(esp, "rb") as part:
        disk.seek(ESP_START * SECTOR)
        shutil.copyfileobj(part, disk, 1 << 20)
