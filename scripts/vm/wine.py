# SPDX-License-Identifier: GPL-2.0-only
"""Debian's wine64 as part of a guest's image: what Linux is measured with.

The files are those of the packages installed on this machine: the loader, its server, the host
side with the libraries it needs but no display or sound, the DLLs that Tern's images
have too, and the programs and drivers that Wine starts by itself; stripped likewise. The
prefix is made here, once, so that the guest begins with one that is ready.
"""
import os
import re
import shutil
import subprocess

from . import paths

LOADER = "/usr/lib/wine/wine64"
SERVER = "/usr/lib/wine/wineserver64"
LIB = "/usr/lib/x86_64-linux-gnu/wine"
SHARE = "/usr/share/wine"
# By libpthread, when a thread ends.
LOADED_LATER = "/lib/x86_64-linux-gnu/libgcc_s.so.1"
PREFIX = "/prefix"
STARTED_BY_WINE = (".exe", ".sys", ".drv")
# Display, sound, cameras and printers: their libraries are larger than all the rest.
LEFT_OUT = ("winex11", "winegstreamer", "opengl32", "winevulkan", "winealsa", "winepulse", "gphoto2", "sane",
            "opencl", "winspool", "wineusb", "winebus", "ctapi32", "odbc32", "wpcap")
# Our own, and what user32.dll needs: without it the first program of a boot fails and all others wait for it.
OTHERS = ("bcryptprimitives.dll", "zlib1.dll")
NEEDED = re.compile(r"(/\S+) \(")


def copy_with_libraries(path, root):
    needs = subprocess.run(["ldd", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    for name in [path, *NEEDED.findall(needs)]:
        target = root + name
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(name, target)


def copy_windows(root):
    with open(os.path.join(paths.IMAGE_SCRIPTS, "windows-system-dlls"), encoding="ascii") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    folder = os.path.join(LIB, "x86_64-windows")
    names = {row[0] for row in rows if os.path.exists(os.path.join(folder, row[0]))}
    names.update(n for n in os.listdir(folder) if n.endswith(STARTED_BY_WINE))
    os.makedirs(root + folder)
    for name in sorted(names):
        path = os.path.join(folder, name)
        subprocess.run(["x86_64-w64-mingw32-strip", "-o", root + path, path], stderr=subprocess.DEVNULL, check=False)
        if not os.path.exists(root + path):
            shutil.copy(path, root + path)


def make_prefix(root):
    """A fresh prefix whose copies of DLLs become links to those of the package; DLLs from elsewhere added."""
    made = root + PREFIX
    system32 = os.path.join(made, "drive_c/windows/system32")
    os.makedirs(system32)
    for name in OTHERS:
        shutil.copy(os.path.join(paths.BUILD, "userland/win32/root/mnt/c/windows/system32", name), system32)
    env = dict(os.environ, WINEDEBUG="-all", WINEPREFIX=made)
    # As what Tern tells programs: node does not start on an older Windows.
    for command in (["wineboot", "-i"], ["winecfg", "-v", "win10"]):
        subprocess.run([LOADER, *command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    subprocess.run([SERVER, "-w"], env=env, check=True)
    for folder, _dirs, names in os.walk(made):
        for name in names:
            copy, original = os.path.join(folder, name), os.path.join(LIB, "x86_64-windows", name)
            if not os.path.islink(copy) and os.path.exists(original) and \
               os.path.getsize(copy) == os.path.getsize(original):
                os.remove(copy)
                os.symlink(original, copy)
    # Times are not kept in the image: it is not to be taken for the prefix of an older Wine.
    with open(os.path.join(made, ".update-timestamp"), "w", encoding="ascii") as f:
        f.write("disable\n")


def root():
    """The folder to add to a guest; made when it is missing."""
    if not os.path.exists(LOADER):
        raise paths.UsageError(f"no {LOADER}: install Debian's package wine64")
    done = os.path.join(paths.BUILD, "tests/wine")
    if not os.path.exists(done):
        work = done + ".tmp"
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        copy_windows(work)
        for name in sorted(os.listdir(os.path.join(LIB, "x86_64-unix"))):
            if name.split(".")[0] not in LEFT_OUT:
                copy_with_libraries(os.path.join(LIB, "x86_64-unix", name), work)
        for name in (LOADER, SERVER, LOADED_LATER):
            copy_with_libraries(name, work)
        shutil.copytree(SHARE, work + SHARE, symlinks=True)
        make_prefix(work)
        os.rename(work, done)
    return done
