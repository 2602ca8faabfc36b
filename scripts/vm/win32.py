# SPDX-License-Identifier: GPL-2.0-only
"""What the scripts that run Windows programs in the guest share."""
import os
import subprocess

from . import paths

COMPILERS = {".c": "x86_64-w64-mingw32-gcc", ".cpp": "x86_64-w64-mingw32-g++-posix"}
LIBRARIES = ["-lws2_32", "-ladvapi32", "-lsynchronization", "-lntdll"]
BARE = "void start(void)"


def is_newer(target, inputs):
    return os.path.exists(target) and all(os.path.getmtime(i) <= os.path.getmtime(target) for i in inputs)


def compile_windows(source, target, flags=(), inputs=()):
    """Build a console program with mingw-w64. One with start() instead of main() has no C library."""
    if is_newer(target, [source, *inputs]):
        return
    ext = os.path.splitext(source)[1]
    with open(source, encoding="utf-8") as f:
        is_bare = BARE in f.read()
    extra = ["-static"] if ext == ".cpp" else []
    libraries = LIBRARIES if not is_bare else ["-nostdlib", "-Wl,-estart", "-lkernel32"]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    subprocess.run([COMPILERS[ext], "-O1", "-s", *flags, *extra, "-o", target, source,
                    *libraries], check=True)


def on_terminal():
    """Path of the Linux program that plays a script on a terminal."""
    source = os.path.join(paths.TOP, "tests/win32/linux/onterminal.c")
    target = os.path.join(paths.BUILD, "tests/win32/onterminal")
    if not is_newer(target, [source]):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run([paths.musl("musl-gcc"), "-static", "-Os", "-Wall", "-Wextra", "-Werror",
                        "-o", target, source], check=True)
    return target


def in_guest(folder, command, mem, smp, timeout, extra=()):
    """What COMMAND prints in a guest with FOLDER and the system DLLs."""
    guest = [os.path.join(paths.TOP, "scripts/guest"), "--win32", "--add", folder, "--mem", str(mem),
             "--smp", str(smp), "--timeout", str(timeout), *extra, "--", command]
    out = subprocess.run(guest, stdout=subprocess.PIPE, check=False).stdout
    return out.decode("utf-8", "replace").replace("\r", "")
