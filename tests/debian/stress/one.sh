# SPDX-License-Identifier: GPL-2.0-only
# timeout: 60
# long
# open splice: from /dev/zero too, which Debian's kernel does not have yet and stress-ng remarks on
# One stressor of stress-ng for a second, with its own checks. The parts are those that
# work on Debian's kernel in this machine; if one fails there all the same (file-ioctl's FIOQSIZE counts what is
# written back, which a busy machine does late), that is a note.
# parts: access af-alg affinity aio aiol alarm atomic bad-altstack bigheap branch brk bsearch cache cacheline cap
# parts: chattr chdir chmod chown chroot clock clone close context copy-file cpu crypt cyclic daemon dekker dentry dev
# parts: dev-shm dir dirdeep dirmany dnotify dup dynlib enosys env epoll eventfd exit-group fallocate fanotify
# parts: far-branch fault fcntl fifo file-ioctl filename flock flushcache fork forkheavy fp fp-error fpunch fstat full
# parts: funccall funcret futex get getdent getrandom goto handle hash hdd heapsort hrtimers hsearch icache icmp-flood
# parts: inode-flags inotify io ioport ioprio itimer jpeg judy kcmp key kill klog l1cache landlock lease link list
# parts: llc-affinity loadavg locka lockbus lockf lockofd longjmp lsearch madvise malloc matrix matrix-3d mcontend
# parts: membarrier memcpy memfd memhotplug memrate memthrash mergesort mincore misaligned mknod mlock mmap mmapaddr
# parts: mmapfixed mmapfork mmaphuge mmapmany mprotect mq mremap msg msync msyncmany munmap nanosleep netdev
# parts: netlink-proc netlink-task nice nop null numa opcode open pagemove pageswap pci personality peterson physpage
# parts: pidfd pipe pipeherd pkey poll prctl prefetch priv-instr procfs pthread ptrace pty qsort race-sched radixsort
# parts: randlist ramfs rawpkt rawsock rawudp readahead reboot regs remap rename resched resources revio ring-pipe
# parts: rlimit rmap rotate rtc schedpolicy seal seccomp seek sem sem-sysv sendfile session set shellsort shm shm-sysv
# parts: sigabrt sigchld sigfd sigfpe sigio signal signest sigpending sigpipe sigq sigrt sigsegv sigsuspend sigtrap
# parts: skiplist sleep sock sockabuse sockdiag sockfd sockpair sockmany softlockup sparsematrix splice stack
# parts: stackmmap str stream switch symlink sync-file syncload sysbadaddr syscall sysinfo sysfs tee timer timerfd
# parts: tlb-shootdown tmpfs touch tree tsearch udp udp-flood umount unshare urandom userfaultfd usersyscall utime
# parts: vdso vecfp vecmath vecshuf vecwide vfork vforkmany vm vm-addr vm-rw vm-segv vm-splice wait waitcpu wcs
# parts: x86cpuid yield zero zlib zombie
stress-ng --"$1" 1 --timeout 1 --verify --temp-path . >log 2>&1
echo "ended $?"
grep -E ' fail: |skipp|No stress workers|not supported|cannot' log | sed -E 's/\[[0-9]+\] //; s/0x[0-9a-f]+/N/g; s/[0-9]+/N/g' | sort -u >said
if grep -q Tern /proc/version; then
	cat said
else
	sed '/ fail: /s/^/note: /' said
fi
exit 0
