# SPDX-License-Identifier: GPL-2.0-only
"""The QEMU command line: processors, memory, disks, network, how it boots."""
import os
import shutil

from vm import media, paths

QEMU = "qemu-system-x86_64"
OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
FIRMWARE_BOOTS = ("iso-bios", "iso-uefi", "stick-bios", "stick-uefi", "disk-bios", "disk-uefi")
BOOTS = ("direct", "bzimage") + FIRMWARE_BOOTS

# What a device needs from a kernel that has its drivers as modules.
DISK_MODULES = {"virtio": ["virtio_pci", "virtio_blk"], "nvme": ["nvme"],
                "ahci": ["ahci", "sd_mod"], "scsi": ["virtio_pci", "virtio_scsi", "sd_mod"]}
# Tern's own drivers of the same.
DISK_DRIVERS = {"virtio": "virtio-pci", "nvme": "nvme", "ahci": "ahci", "scsi": "virtio-pci"}
NIC_MODULES = {"virtio-net-pci": ["virtio_pci", "virtio_net"], "e1000": ["e1000"],
               "e1000e": ["e1000e"], "rtl8139": ["8139cp"], "igb": ["igb"], "vmxnet3": ["vmxnet3"]}
SHARE_MODULES = ["virtio_pci", "9pnet_virtio", "9p"]

ARCHIVE_MAGICS = (b"070701", b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x02\x21\x4c\x18")


def parse_disk(spec):
    """FILE[:virtio|nvme|ahci|scsi][:snapshot] -> (file, kind, snapshot)."""
    kind, snapshot = "virtio", False
    words = spec.split(":")
    while len(words) > 1 and words[-1] in ("snapshot", *DISK_MODULES):
        word = words.pop()
        if word == "snapshot":
            snapshot = True
        else:
            kind = word
    path = ":".join(words)
    if not os.path.exists(path):
        raise paths.UsageError(f"no disk image {path}")
    return path, kind, snapshot


def parse_net(spec):
    """none | user[:MODEL] -> model or None."""
    kind, _, model = spec.partition(":")
    if kind == "none" and not model:
        return None
    if kind != "user":
        raise paths.UsageError(f"--net {spec}: only none and user[:MODEL] are known")
    return model or "virtio-net-pci"


def escaped(path):
    """A path inside a comma-separated QEMU option."""
    return path.replace(",", ",,")


def disk_format(path):
    with open(path, "rb") as f:
        return "qcow2" if f.read(4) == b"QFI\xfb" else "raw"


def is_archive(path):
    """Whether a file is an initramfs, compressed or not, rather than a disk."""
    with open(path, "rb") as f:
        return f.read(6).startswith(ARCHIVE_MAGICS)


def memory_for(path):
    """MiB that a machine with this root needs: the image, and room for as much again."""
    size = os.path.getsize(path) >> 20
    with open(path, "rb") as f:
        unpacked = size if f.read(2) == b"07" else 5 * size
    return 768 + size + 2 * unpacked


def disk_arguments(disks, first_boots=False):
    """The disks in order; the firmware starts from the first if it shall, and from no other."""
    args = []
    for n, (path, kind, snapshot) in enumerate(disks):
        index = ",bootindex=0" if first_boots and n == 0 else ""
        flag = ",snapshot=on" if snapshot else ""
        args += ["-drive", f"if=none,id=disk{n},format={disk_format(path)},"
                           f"file={escaped(path)}{flag}"]
        if kind == "virtio":
            args += ["-device", f"virtio-blk-pci,drive=disk{n}{index}"]
        elif kind == "nvme":
            args += ["-device", f"nvme,drive=disk{n},serial=tern{n}{index}"]
        elif kind == "scsi":
            args += ["-device", f"virtio-scsi-pci,id=scsi{n}",
                     "-device", f"scsi-hd,drive=disk{n},bus=scsi{n}.0{index}"]
        else:
            args += ["-device", f"ahci,id=ahci{n}",
                     "-device", f"ide-hd,drive=disk{n},bus=ahci{n}.0{index}"]
    return args


class Machine:
    """What the options ask for, turned into arguments for QEMU."""

    def __init__(self, options, workdir):
        self.options = options
        self.workdir = workdir
        self.disks = [parse_disk(d) for d in options.disk]
        self.root_disk = bool(options.root) and not is_archive(options.root.split(":")[0])
        if self.root_disk:
            self.disks.insert(0, parse_disk(options.root))
        self.boots_alone = bool(options.installed) and options.boot.startswith("disk-")
        if options.installed:
            self.disks.insert(0, parse_disk(options.installed))
        self.nic = parse_net(options.net)

    def disk_modules(self):
        """Modules of Linux that drive this machine's disks."""
        wanted = [m for _path, kind, _snapshot in self.disks for m in DISK_MODULES[kind]]
        return list(dict.fromkeys(wanted))

    def disk_drivers(self):
        """Tern's drivers of them."""
        return list(dict.fromkeys(DISK_DRIVERS[kind] for _path, kind, _snapshot in self.disks))

    def modules(self):
        """Modules that a Linux kernel needs to see this machine's devices."""
        wanted = self.disk_modules()
        if self.nic:
            wanted += NIC_MODULES.get(self.nic, [])
        if self.options.share:
            wanted += SHARE_MODULES
        if self.root_disk:
            wanted += ["ext4"]
        return list(dict.fromkeys(wanted))

    def first_disk(self):
        """Name that Linux gives to the first disk."""
        return {"virtio": "/dev/vda", "nvme": "/dev/nvme0n1", "ahci": "/dev/sda", "scsi": "/dev/sda"}[self.disks[0][1]]

    def root_device(self):
        """... if it is that of --root."""
        return self.first_disk() if self.root_disk else ""

    def installed_root(self):
        """root= and init= of the system on the disk of --installed (scripts/image/install/tern-install)."""
        disk = self.first_disk()
        return f"root={disk}{'p' if disk[-1].isdigit() else ''}4 rootwait init=/init"

    def arguments(self, kernel, initrd, append):
        o = self.options
        args = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                "-machine", o.machine, "-cpu", self.cpu(), "-accel", self.accel(),
                "-smp", str(o.smp), "-m", str(o.mem)]
        if o.icount:
            args += ["-icount", o.icount]
        args += self.boot_arguments(kernel, initrd, append)
        args += disk_arguments(self.disks, self.boots_alone)
        if self.nic:
            args += ["-netdev", "user,id=net0", "-device", f"{self.nic},netdev=net0"]
        if o.share:
            args += ["-virtfs", f"local,path={escaped(os.path.abspath(o.share))},"
                                "mount_tag=share,security_model=none,multidevs=remap"]
        for device in o.device:
            args += ["-device", device]
        if o.gdb:
            args += ["-gdb", f"tcp:127.0.0.1:{o.gdb}", "-S"]
        return args + o.qemu

    def cpu(self):
        return self.options.cpu or ("host" if self.options.accel == "kvm" else "max")

    def accel(self):
        if self.options.accel == "kvm":
            return "kvm"
        return "tcg" if self.options.icount else "tcg,thread=multi"

    def boot_arguments(self, kernel, initrd, append):
        if self.options.boot not in FIRMWARE_BOOTS:
            args = ["-kernel", kernel, "-append", append]
            return args + (["-initrd", initrd] if initrd else [])
        args = ["-vga", "std"]
        if not self.boots_alone:
            args += self.medium_arguments(kernel, initrd, append)
        if self.options.boot.endswith("uefi"):
            args += self.uefi_arguments()
        return args

    def medium_arguments(self, kernel, initrd, append):
        """Make the boot medium: the ISO as CD or as USB stick, or a disk."""
        kind = self.options.boot.split("-")[0]
        path = os.path.join(self.workdir, "boot.img")
        if kind == "disk":
            media.make_disk(path, kernel, initrd, append, self.options.grub)
        else:
            media.make_iso(path, kernel, initrd, append, self.options.grub, live=self.options.live)
        drive = f"if=none,id=boot,format=raw,file={escaped(path)}"
        if kind == "stick":
            return ["-drive", drive, "-device", "qemu-xhci,id=bootbus",
                    "-device", "usb-storage,drive=boot,bus=bootbus.0,bootindex=0"]
        device = "ide-cd" if kind == "iso" else "ide-hd"
        drive += ",media=cdrom,readonly=on" if kind == "iso" else ""
        return ["-drive", drive, "-device", "ahci,id=bootbus",
                "-device", f"{device},drive=boot,bus=bootbus.0,bootindex=0"]

    def uefi_arguments(self):
        for path in (OVMF_CODE, OVMF_VARS):
            if not os.path.exists(path):
                raise paths.UsageError(f"no {path} (run scripts/bootstrap)")
        variables = os.path.join(self.workdir, "ovmf-vars.fd")
        shutil.copyfile(OVMF_VARS, variables)
        return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}",
                "-drive", f"if=pflash,unit=1,format=raw,file={escaped(variables)}"]
