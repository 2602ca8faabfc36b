# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# strace, and gdb on a threaded program: break, watch, step, attach, core files, fork.
set -eu
cat >t.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static int counter;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void work(int n) { for (int i = 0; i < n; i++) { pthread_mutex_lock(&lock); counter++; pthread_mutex_unlock(&lock); } }
static void *body(void *a) { work((int)(long)a); return 0; }
static int child(void) { return counter; }
int main(void)
{
	pthread_t t[4];
	for (long i = 0; i < 4; i++) { pthread_create(t + i, 0, body, (void *)(i + 1)); pthread_join(t[i], 0); }
	printf("counter %d\n", counter);
	fflush(stdout);
	if (fork() == 0)
		_exit(child());
	wait(0);
	return 0;
}
C
gcc -g -O0 -pthread -o t t.c; ./t
echo 'int main(void) { volatile int *p = 0; *p = 1; }' >c.c; gcc -g -o c c.c
mkdir d; touch d/a d/b
# All that ls asks of the kernel, but for addresses and identities.
strace -f -o ls.out ls d >/dev/null; sed -E '/^[0-9]+ +read.*nodev/d; s/^[0-9]+ +//; s/  +/ /g; s/0x[0-9a-f]+/N/g; s/[0-9]{5,}/N/g; s/\b(tid|pid)=[0-9]+/\1/g; s/"(\\x[0-9a-f]{2})+"/"bytes"/; /^(execve|set_tid_address|getrandom)/s/ \/\*.*| = [0-9]+$//' ls.out
# Where the two processes' calls meet, a line ends in <unfinished ...>.
strace -f -e trace=openat,getdents64,write -o s.out bash -c 'ls d | cat; (exit 3); echo $?'
grep -c ' openat(.*"d", O_RDONLY' s.out; grep getdents64 s.out | grep -oE '[0-9]+ entries'; grep -oE 'write\(1, "[^"]*", [0-9]+' s.out | sort
strace -f -c -o sum.out ./t; awk '$NF == "clone3" || $NF == "wait4" || $NF == "exit_group" { print $4, $NF }' sum.out | sort
strace -e inject=getpid:error=EPERM:when=1 -e trace=none true; strace -e trace=kill -e signal=all sh -c 'kill -USR1 $$' 2>&1 | sed 's/[0-9]\{2,\}/N/g; s/  *= / = /' || true
gdbs() { gdb -q -nx -batch -ex 'set pagination off' -ex 'set print thread-events off' -ex 'set debuginfod enabled off' "$@" 2>&1 | grep -vE 'libthread_db|LWP|process [0-9]|0x[0-9a-f]{8}|^$|warning'; }
gdbs -ex 'break work' -ex run -ex 'p n' -ex 'p $_thread' -ex delete -ex 'watch counter' -ex continue -ex 'p counter' -ex continue -ex delete -ex finish -ex continue ./t
gdbs -ex 'set follow-fork-mode child' -ex 'break child' -ex run -ex 'p counter' -ex continue ./t | grep -v 'process'
gdbs -ex 'catch syscall write' -ex run -ex 'p $orig_rax' -ex 'tbreak child' -ex kill ./t | grep -v 'process'
gdbs -ex 'set var $n = 0' -ex 'break work' -ex run -ex 'call child()' -ex 'set var counter = 100' -ex delete -ex continue ./t | grep -v 'process'
cat >four.c <<'C'
#include <pthread.h>
static pthread_barrier_t all;
static volatile int turns[4];
static void meet(int n) { turns[n]++; }
static void *body(void *a) { for (int i = 0; i < 5; i++) { pthread_barrier_wait(&all); meet((int)(long)a); } return a; }
int main(void)
{
	pthread_t t[4];
	pthread_barrier_init(&all, 0, 4);
	for (long i = 0; i < 4; i++) pthread_create(t + i, 0, body, (void *)i);
	for (int i = 0; i < 4; i++) pthread_join(t[i], 0);
	return turns[0] + turns[1] + turns[2] + turns[3] - 20;
}
C
gcc -g -O0 -pthread -o four four.c
gdbs -ex 'break meet if n == 2 && turns[2] == 1' -ex run -ex 'p n' -ex 'p turns[2]' -ex 'set scheduler-locking on' -ex finish -ex 'p turns[2]' -ex 'thread apply all -s -q frame function body' \
	-ex 'set scheduler-locking off' -ex 'break meet thread 3 if turns[n] == 3' -ex continue -ex 'p turns[n]' -ex delete -ex 'p $_inferior_thread_count' -ex continue ./four | grep -vE '^#'
gdb -q -nx -batch -ex 'break meet if turns[n] == 2' -ex run -ex 'thread apply all bt 1' ./four 2>&1 | grep -cE '^Thread [1-5] \('
sleep 100 & gdbs -p $! -ex 'p $_siginfo.si_signo' -ex 'p 6*7' | grep '^\$'; kill $!
ulimit -c unlimited; echo core >/proc/sys/kernel/core_pattern; echo 0 >/proc/sys/kernel/core_uses_pid; ./c || echo $?
gdbs -ex bt -ex 'p $_siginfo._sifields._sigfault.si_addr' ./c core | tail -n 3
