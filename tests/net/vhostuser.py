# SPDX-License-Identifier: GPL-2.0-only
"""The device's side of vhost-user: split queues in a guest's shared memory, kicked through eventfds.

Messages as QEMU's vhost-user specification has them; no logging, no postcopy, no indirect descriptors.
A device derives from Device: features, config, and handle(queue) when the guest kicked one.
"""
import array
import mmap
import os
import selectors
import socket
import struct

F_VERSION_1 = 32
F_PROTOCOL = 30                 # VHOST_USER_F_PROTOCOL_FEATURES
P_MQ, P_REPLY_ACK, P_CONFIG = 0, 3, 9

(GET_FEATURES, SET_FEATURES, SET_OWNER, _, SET_MEM_TABLE, _, _, SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE,
 GET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR, GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES,
 GET_QUEUE_NUM, SET_VRING_ENABLE) = range(1, 19)
GET_CONFIG = 24
DESC_NEXT, DESC_WRITE = 1, 2


class Queue:
    """One split virtqueue, seen from the device."""

    def __init__(self, device, index):
        self.device, self.index = device, index
        self.size = self.seen = 0
        self.desc = self.avail = self.used = None
        self.kick = self.call = -1

    def is_ready(self):
        return self.desc is not None and self.kick >= 0

    def take(self):
        """The next buffer of the guest: (head, readable bytes, [(address, length) writable]); None."""
        mem = self.device.view(self.avail, 4 + 2 * self.size)
        if struct.unpack_from("<H", mem, 2)[0] == self.seen & 0xffff:
            return None
        head = struct.unpack_from("<H", mem, 4 + 2 * (self.seen % self.size))[0]
        self.seen += 1
        out, room, at = b"", [], head
        while True:
            addr, length, flags, follow = struct.unpack("<QIHH", self.device.view(self.desc + 16 * at, 16))
            addr = self.device.user_address(addr)
            if flags & DESC_WRITE:
                room.append((addr, length))
            else:
                out += bytes(self.device.view(addr, length))
            if not flags & DESC_NEXT:
                return head, out, room
            at = follow

    def give(self, head, room=(), data=b""):
        """Hand a buffer back with data for it."""
        left = data
        for addr, length in room:
            self.device.view(addr, len(left[:length]))[:] = left[:length]
            left = left[length:]
        used = self.device.view(self.used, 4 + 8 * self.size)
        index = struct.unpack_from("<H", used, 2)[0]
        struct.pack_into("<II", used, 4 + 8 * (index % self.size), head, len(data))
        struct.pack_into("<H", used, 2, (index + 1) & 0xffff)
        if self.call >= 0:
            os.eventfd_write(self.call, 1)


class Device:
    features, nqueues, config = 0, 2, b""

    def __init__(self, path):
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(path)
        self.server.listen(1)
        self.regions = []       # (guest address, user address, size, mapping)
        self.queues = [Queue(self, i) for i in range(self.nqueues)]
        self.loop = selectors.DefaultSelector()

    # ---- memory

    def view(self, user, length):
        for _guest, base, size, mapping, skip in self.regions:
            if base <= user and user + length <= base + size:
                return memoryview(mapping)[user - base + skip:user - base + skip + length]
        raise ValueError(f"no memory at {user:#x}")

    def user_address(self, guest):
        for base, user, size, _mapping, _skip in self.regions:
            if base <= guest < base + size:
                return guest - base + user
        raise ValueError(f"no guest memory at {guest:#x}")

    # ---- messages

    def set_memory(self, data, fds):
        count = struct.unpack_from("<I", data)[0]
        self.regions = []
        for i in range(count):
            guest, size, user, offset = struct.unpack_from("<QQQQ", data, 8 + 32 * i)
            self.regions.append((guest, user, size, mmap.mmap(fds[i], size + offset), offset))

    def set_file(self, kind, data, fds):
        queue = self.queues[data[0]]
        if kind == SET_VRING_CALL:
            queue.call = fds[0] if fds else -1
        elif kind == SET_VRING_KICK and fds:
            queue.kick = fds[0]
            self.loop.register(queue.kick, selectors.EVENT_READ, lambda: self.kicked(queue))

    def kicked(self, queue):
        os.eventfd_read(queue.kick)
        self.handle(queue)

    def answer(self, kind, data, fds):
        """Act on a message; the reply's data or None."""
        if kind == GET_FEATURES:
            return struct.pack("<Q", self.features | 1 << F_VERSION_1 | 1 << F_PROTOCOL)
        if kind == GET_PROTOCOL_FEATURES:
            return struct.pack("<Q", 1 << P_MQ | 1 << P_CONFIG | 1 << P_REPLY_ACK)
        if kind == GET_QUEUE_NUM:
            return struct.pack("<Q", self.nqueues)
        if kind == GET_CONFIG:
            offset, size, _flags = struct.unpack_from("<III", data)
            return data[:12] + self.config[offset:offset + size].ljust(size, b"\0")
        if kind == SET_MEM_TABLE:
            self.set_memory(data, fds)
        elif kind in (SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR):
            self.set_file(kind, data, fds)
        elif kind in (SET_VRING_NUM, SET_VRING_BASE, GET_VRING_BASE):
            index, number = struct.unpack_from("<II", data)
            queue = self.queues[index]
            if kind == GET_VRING_BASE:
                if queue.kick >= 0:
                    self.loop.unregister(queue.kick)
                queue.kick = -1
                return struct.pack("<II", index, queue.seen & 0xffff)
            if kind == SET_VRING_NUM:
                queue.size = number
            else:
                queue.seen = number
        elif kind == SET_VRING_ADDR:
            index, _flags, desc, used, avail = struct.unpack_from("<IIQQQ", data)
            queue = self.queues[index]
            queue.desc, queue.used, queue.avail = desc, used, avail
        return None

    def message(self):
        head, ancillary, _flags, _addr = self.peer.recvmsg(12, socket.CMSG_SPACE(64))
        if len(head) < 12:
            return False
        fds = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
        kind, flags, size = struct.unpack("<III", head)
        data = self.peer.recv(size, socket.MSG_WAITALL) if size else b""
        reply = self.answer(kind, data, list(fds))
        if reply is None and flags & 8:
            reply = struct.pack("<Q", 0)
        if reply is not None:
            self.peer.sendall(struct.pack("<III", kind, 5, len(reply)) + reply)
        return True

    def run(self):
        """Serve one guest until it goes."""
        self.peer, _ = self.server.accept()
        self.loop.register(self.peer, selectors.EVENT_READ, None)
        while True:
            for key, _events in self.loop.select():
                if key.fileobj is not self.peer:
                    key.data()
                elif not self.message():
                    return

    def handle(self, queue):
        raise NotImplementedError
