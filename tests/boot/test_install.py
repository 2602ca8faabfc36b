#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tern-install and tern-generation: a disk that boots by itself, and what it boots.

usage: test_install.py [--long] [--cuts N] [--seed N] [--keep FILE]

Installs the live system on a disk, boots that alone, lets it try a kernel that cannot start and sees it
come back with the old one. --long: by each firmware, from the disk and from an ISO, with the disk on
virtio, NVMe and AHCI. --cuts N: N times the power fails while generations are added, tried, booted and
confirmed; each time the machine comes up again with the generation that was good or the one on trial.
"""
import argparse
import itertools
import os
import random
import re
import select
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))

from vm import powercut         # noqa: E402

GUEST = os.path.join(TOP, "scripts/guest")
BUILD = os.environ.get("TERN_BUILD", os.path.join(TOP, "build"))
LIVE = os.path.join(BUILD, "live.squashfs")
DISK_BYTES = 640 << 20
DISKS = {"virtio": "/dev/vda", "nvme": "/dev/nvme0n1p", "ahci": "/dev/sda"}
LIMIT_S = 400
# /.guest is what a command needs to come in by the serial port.
INSTALL = """tern-install --yes /dev/vda && mount /dev/vda4 /mnt && mkdir /mnt/.guest && cp /.guest/run /mnt/.guest/ &&
for name in TOKEN MODULES DHCP SHARE ROOT INTERACTIVE; do echo $name=; done >/mnt/.guest/config && umount /mnt"""
STATE = """awk '$2 == "/" || $2 == "/boot" { print $2, $1, substr($4, 1, 2) }' /proc/mounts; tern-generation list"""
ADD = """n=$(tern-generation add /boot/tern/1/kernel {options}) && tern-generation try $n && echo trying $n"""
# What a machine does when its power fails: kernels come and go. Each step is said before and after.
CHURN = """while :; do
	echo begin; n=$(tern-generation add /boot/tern/$(tern-generation list | sed -n 's/ good.*//p')/kernel) || exit 1
	echo try $n; tern-generation try $n || exit 1
	echo tried $n
	if [ -n "$(tern-generation list | grep previous)" ] && [ $((n % 3)) = 0 ]; then
		echo rollback; echo rolled $(tern-generation rollback)
		n=$(tern-generation add /boot/tern/$(tern-generation list | sed -n 's/ good.*//p')/kernel) || exit 1
		echo try $n; tern-generation try $n || exit 1
		echo tried $n
	fi
	echo prune; tern-generation prune
done"""
LOOK = """tern-generation list | sed 's/^/list /'; device=$(awk '$2 == "/boot" { print $1 }' /proc/mounts)
for n in $(tern-generation list | sed 's/ .*//'); do
	(cd /boot/tern/$n && sha256sum -c sums >/dev/null) || echo "broken $n"
done
e2fsck -fn $device >/tmp/fsck 2>&1 || { echo "broken /boot"; cat /tmp/fsck; }"""
failures = []


def guest(boot, disk, command, *more, limit=LIMIT_S):
    """(status, output) of a command in the system on the disk."""
    done = subprocess.run([GUEST, "--boot", boot, *disk, "--timeout", str(limit), *more, "--", command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def installed(image, kind):
    return ["--installed", f"{image}:{kind}"]


def report(name, good, text):
    print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    if not good:
        failures.append(name)
        print("\n".join("# " + line for line in text.splitlines()[-30:]), flush=True)


def install(image):
    with open(image, "wb") as f:
        f.truncate(DISK_BYTES)
    status, text = guest("iso-bios", ["--disk", image, "--live", LIVE], INSTALL)
    report("tern-install", status == 0, text)
    return status == 0


def wants(text, *lines):
    return all(re.search(f"^{line}$", text, re.MULTILINE) for line in lines)


def boots(image, boot, kind):
    status, text = guest(boot, installed(image, kind + ":snapshot"), STATE)
    running = " running" if boot.startswith("disk") else ""
    good = status == 0 and wants(text, f"/ {DISKS[kind]}4 rw", f"/boot {DISKS[kind]}3 ro", "1 good" + running)
    report(f"{boot}, root on {kind}", good, text)


def falls_back(image):
    """Generation 2 has no root: the machine resets, and is up with generation 1 the next time."""
    disk = installed(image, "nvme")
    status, text = guest("disk-bios", disk, STATE + "; " + ADD.format(options="--options 'root=/dev/none panic=-1'"))
    good = status == 0 and wants(text, "/ /dev/nvme0n1p4 rw", "/boot /dev/nvme0n1p3 ro", "1 good running", "trying 2")
    report("boots alone, tries a generation", good, text)
    status, text = guest("disk-bios", disk, "true")
    report("the trial cannot start", status == 125 and "was reset" in text, text)
    status, text = guest("disk-bios", disk, STATE + "; tern-generation remove 2; tern-generation list")
    report("the good one is back", status == 0 and wants(text, "1 good running", "2 failed"), text)


def is_confirmed(image):
    disk = installed(image, "virtio")
    status, text = guest("disk-bios", disk, ADD.format(options=""))
    _status, text2 = guest("disk-bios", disk, "tern-generation list; tern-generation rollback; tern-generation list")
    new = re.search("^trying ([0-9]+)", text, re.MULTILINE)
    number = new.group(1) if new else "none"
    good = status == 0 and wants(text2, "1 previous", f"{number} good running", "1 good", f"{number} previous running")
    report("a trial that starts is confirmed, and rolled back", good, text + text2)
    status, text = guest("disk-bios", disk, "tern-generation list")
    report("what was good before is booted", status == 0 and wants(text, "1 good running", f"{number} previous"), text)


def cut(disk, boot, rng, model):
    """Run until the power fails; what may be booted afterwards, by number."""
    in_boot = rng.random() < 0.4
    command = [GUEST, "--boot", boot, *disk, "--timeout", str(LIMIT_S), "--", "tern-generation list; " + CHURN]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    timer_at = time.monotonic() + rng.uniform(0.5, 14.0) if in_boot else None
    text, lines = b"", []
    while timer_at is None or time.monotonic() < timer_at:
        if select.select([child.stdout], [], [], 0.01)[0]:
            text += os.read(child.stdout.fileno(), 65536)
            lines = text.decode("utf-8", "replace").split("\n")[:-1]
        if timer_at is None and "begin" in lines:
            timer_at = time.monotonic() + rng.uniform(0.0, 9.0)
        if child.poll() is not None:
            break
    ended = child.poll()
    powercut.cut(child)
    learn(model, lines)
    return in_boot, lines[-1] if lines else "in the boot", ended


def learn(model, lines):
    """MODEL: what can be good, what can be tried."""
    for words in (line.split() for line in lines):
        if words and words[0].isdigit() and "good" in words:
            model["good"] = {words[0]}
            model["trial"] = model["trial"] - model["good"]
        elif words[:1] == ["try"] and len(words) == 2:
            model["trial"] = model["trial"] | {words[1]}
        elif words[:1] == ["tried"]:
            model["trial"] = {words[1]}
        elif words and words[0].isdigit() and "previous" in words:
            model["previous"] = {words[0]}
        elif words[:1] == ["rollback"]:
            model["good"] = model["good"] | model["previous"]
        elif words[:1] == ["rolled"] and len(words) == 2:
            model["previous"], model["good"] = model["good"] - {words[1]}, {words[1]}


def problems(model, status, text):
    """What is wrong with what came up; MODEL becomes what it says."""
    wrong = re.findall("^broken.*", text, re.MULTILINE)
    listed = [line.split()[1:] for line in text.splitlines() if line.startswith("list ")]
    rows = {words[0]: set(words[1:]) for words in listed}
    names = {state: {n for n, states in rows.items() if state in states}
             for state in ("good", "running", "previous", "trial")}
    if status:
        wrong.append(f"status {status}")
    if len(names["running"]) != 1 or names["running"] != names["good"]:
        wrong.append(f"not the good one is running: {rows}")
    elif not names["good"] <= model["good"] | model["trial"]:
        wrong.append(f"{names['good']} is running, {model} could")
    model.update(good=names["good"], previous=names["previous"], trial=names["trial"])
    return wrong


def power_cuts(image, count, seed):
    rng = random.Random(seed)
    model = {"good": set(), "previous": set(), "trial": set()}
    tally = {"trial": 0}
    _status, text = guest("disk-bios", installed(image, "virtio"), "tern-generation prune; tern-generation list")
    learn(model, text.splitlines())
    for i in range(count):
        kind = rng.choice(sorted(DISKS))
        boot = "disk-uefi" if i % 5 == 4 else "disk-bios"
        in_boot, last, ended = cut(installed(image, kind), boot, rng, model)
        before = set(model["good"])
        status, text = guest(boot, installed(image, rng.choice(sorted(DISKS))), LOOK)
        wrong = problems(model, status, text)
        if ended is not None:
            wrong.append(f"the machine ended by itself, {ended}, after {last}")
        tally["trial"] += model["good"] != before
        report(f"cut {i + 1}, {boot}, {kind}, {'at any time' if in_boot else 'at work'} (last: {last}):"
               f" {'/'.join(model['good'])} is up", not wrong, "\n".join(wrong) + "\n" + text)
    print(f"# {tally['trial']} of {count} came up with another generation than before")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", metavar="FILE", help="the disk: is made there if it is not")
    args = parser.parse_args()
    if "TERN_BUILD" not in os.environ:
        subprocess.run(["make", "-s", "all", "live"], cwd=TOP, check=True)
    with tempfile.TemporaryDirectory(prefix="install-", dir=BUILD) as folder:
        image = args.keep or os.path.join(folder, "disk.img")
        if not os.path.exists(image) and not install(image):
            return 1
        if args.long:
            for boot, kind in itertools.product(("disk-uefi", "disk-bios", "iso-uefi", "iso-bios"), DISKS):
                boots(image, boot, kind)
            falls_back(image)
            is_confirmed(image)
        elif args.cuts:
            power_cuts(image, args.cuts, args.seed)
        else:
            falls_back(image)
    print("all passed" if not failures else f"failed: {', '.join(failures)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
