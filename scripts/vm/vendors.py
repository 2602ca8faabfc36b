# SPDX-License-Identifier: GPL-2.0-only
"""Vendors' Windows programs: npm packages, fetched once into the build folder, checked by hash."""
import hashlib
import os
import re
import shutil
import subprocess
import tarfile

from . import paths

CORPUS = os.path.join(paths.TOP, "tests/win32/corpus")
OUT = os.path.join(paths.BUILD, "tests/corpus")


def packages(group):
    """Rows of tests/win32/corpus/packages: package, hash, path in it, name."""
    with open(os.path.join(CORPUS, "packages"), encoding="ascii") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return [row[:4] for row in rows if row[4] == group]


def fetch(package, wanted):
    """The archive of one package, as npm has it."""
    folder = os.path.join(OUT, "archives")
    path = os.path.join(folder, re.sub(r"[/@]", "_", package) + ".tgz")
    if not os.path.exists(path):
        work = os.path.join(OUT, "pack")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", package], cwd=work, stdout=subprocess.DEVNULL, check=True)
        os.rename(os.path.join(work, os.listdir(work)[0]), path)
    with open(path, "rb") as f:
        found = hashlib.file_digest(f, "sha256").hexdigest()
    if found != wanted:
        raise paths.UsageError(f"{package}: hash is {found}")
    return path


def unpack(archive, inside, target):
    """What the package has under package/INSIDE (or its own top folder) as TARGET."""
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.split("/", 1)[-1]
            if not member.isfile() or not (name == inside or name.startswith(inside + "/")):
                if member.name != inside:
                    continue
                name = inside
            path = target + name[len(inside):]
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                shutil.copyfileobj(tar.extractfile(member), out)
            os.chmod(path, 0o755)


def install(group, folder):
    """The programs of a group into FOLDER."""
    for package, digest, inside, name in packages(group):
        unpack(fetch(package, digest), inside, os.path.join(folder, name))
