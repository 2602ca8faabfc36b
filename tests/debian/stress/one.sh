# SPDX-License-Identifier: GPL-2.0-only
# timeout: 60
# long
# open splice: from /dev/zero too, which Debian's kernel does not have yet and stress-ng remarks on
# One stressor of stress-ng for a second, with its own checks. The parts are those that
# work on Debian's kernel in this machine; if one fails there all the same, that is a note.
# far-branch comes last: QEMU translates the code with which it fills memory, and takes milliseconds to throw that
# away for each page that somebody writes to next. file-ioctl does not look whether its second ended while
# fallocate() wrote, and failed behind it on both kernels.
# parts: access af-alg affinity aio aiol alarm atomic bad-altstack bigheap branch brk bsearch cache cacheline cap
# parts: chattr chdir chmod chown chroot clock clone close context copy-file cpu crypt cyclic daemon dekker dentry dev
# parts: dev-shm dir dirdeep dirmany dnotify dup dynlib enosys env epoll eventfd exit-group fallocate fanotify fault
# parts: fcntl fifo file-ioctl filename flock flushcache fork forkheavy fp fp-error fpunch fstat full funccall funcret
# parts: futex get getdent getrandom goto handle hash hdd heapsort hrtimers hsearch icache icmp-flood inode-flags
# parts: inotify io ioport ioprio itimer jpeg judy kcmp key kill klog l1cache landlock lease link list llc-affinity
# parts: loadavg locka lockbus lockf lockofd longjmp lsearch madvise malloc matrix matrix-3d mcontend membarrier memcpy
# parts: memfd memhotplug memrate memthrash mergesort mincore misaligned mknod mlock mmap mmapaddr mmapfixed mmapfork
# parts: mmaphuge mmapmany mprotect mq mremap msg msync msyncmany munmap nanosleep netdev netlink-proc netlink-task
# parts: nice nop null numa opcode open pagemove pageswap pci personality peterson physpage pidfd pipe pipeherd pkey
# parts: poll prctl prefetch priv-instr procfs pthread ptrace pty qsort race-sched radixsort randlist ramfs rawpkt
# parts: rawsock rawudp readahead reboot regs remap rename resched resources revio ring-pipe rlimit rmap rotate rtc
# parts: schedpolicy seal seccomp seek sem sem-sysv sendfile session set shellsort shm shm-sysv sigabrt sigchld sigfd
# parts: sigfpe sigio signal signest sigpending sigpipe sigq sigrt sigsegv sigsuspend sigtrap skiplist sleep sock
# parts: sockabuse sockdiag sockfd sockpair sockmany softlockup sparsematrix splice stack stackmmap str stream switch
# parts: symlink sync-file syncload sysbadaddr syscall sysinfo sysfs tee timer timerfd tlb-shootdown tmpfs touch tree
# parts: tsearch udp udp-flood umount unshare urandom userfaultfd usersyscall utime vdso vecfp vecmath vecshuf vecwide
# parts: vfork vforkmany vm vm-addr vm-rw vm-segv vm-splice wait waitcpu wcs x86cpuid yield zero zlib zombie far-branch
stress-ng --"$1" 1 --timeout 1 --verify --temp-path . >log 2>&1
echo "ended $?"
grep -E ' fail: |skipp|No stress workers|not supported|cannot' log | sed -E 's/\[[0-9]+\] //; s/0x[0-9a-f]+/N/g; s/[0-9]+/N/g' | sort -u >said
if grep -q Tern /proc/version; then
	cat said
else
	sed '/ fail: /s/^/note: /' said
fi
exit 0
