# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie: the source tree, the build folder, the vendor's kernel."""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("TERN_BUILD") or os.path.join(TOP, "build"))
IMAGE_SCRIPTS = os.path.join(TOP, "scripts", "image")
LOGS = os.path.join(BUILD, "guest-logs")
LOGS_OF_DEATHS = os.path.join(LOGS, "died")
VENDOR = os.path.join(BUILD, "vendor")


class UsageError(Exception):
    """The request cannot be carried out; the text says why."""


def built(name, hint):
    """A file of the build folder, or an error that says how to make it."""
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        raise UsageError(f"{path} is not there ({hint})")
    return path


def musl(name):
    """A file of the musl that the image is built with: musl-gcc, lib/libc.so."""
    return built(os.path.join("userland/musl", name), "run make image")


def vendor_kernel():
    """Debian's kernel, fetched if it is not there yet."""
    path = os.path.join(VENDOR, "vmlinuz")
    if not os.path.exists(path):
        environment = {**os.environ, "TERN_BUILD": BUILD}
        subprocess.run([os.path.join(TOP, "scripts/vendor-kernel")], env=environment, check=False)
    return built("vendor/vmlinuz", "scripts/vendor-kernel could not fetch it")


def setup_version(kernel):
    """The version text in a bzImage's setup header; None if it is no bzImage."""
    with open(kernel, "rb") as f:
        head = f.read(0x10000)
    if head[0x202:0x206] != b"HdrS":
        return None
    at = int.from_bytes(head[0x20E:0x210], "little")
    if at == 0:
        return ""
    text = head[at + 0x200:at + 0x200 + 256]
    return text.split(b"\0", 1)[0].decode("ascii", "replace")


def vendor_release(kernel):
    """The release of a Linux kernel whose modules are unpacked, else None."""
    version = setup_version(kernel)
    release = version.split(" ", 1)[0] if version else ""
    if "Tern" in (version or "") or not release:
        return None
    return release if os.path.isdir(os.path.join(VENDOR, "lib/modules", release)) else None
