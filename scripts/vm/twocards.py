# SPDX-License-Identifier: GPL-2.0-only
"""Two network cards on one hub of QEMU: what one sends the other receives.

A virtio device of QEMU takes what it is given in QEMU's main thread, after a delay of the host that under -icount
counts as time whenever the guest waits for it: a busy machine made packets four times as dear. Counted cards
therefore work at points of virtual time: a notification is taken at once and the queue is sent 1 us later.
"""

COUNTED = {"virtio-net-pci": ",ioeventfd=off,tx=timer,x-txtimer=1000"}


def arguments(card, counted):
    """scripts/guest's arguments for two of @card; @counted: for -icount."""
    how = COUNTED.get(card, "") if counted else ""
    return [arg for end in "ab" for arg in ("--qemu=-netdev", f"--qemu=hubport,id={end},hubid=0",
                                            "--device", f"{card},netdev={end}{how}")]
