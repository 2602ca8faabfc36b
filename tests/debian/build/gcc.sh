# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
set -eu
cat >m.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dlfcn.h>
static __thread int tls; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; static long sum;
static void *w(void *a) { for (int i = 0; i < 20000; i++) { tls++; pthread_mutex_lock(&m); sum += tls & 1; pthread_mutex_unlock(&m); } return a; }
int main(void) { pthread_t t[4]; for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, w, (void *)i); for (int i = 0; i < 4; i++) pthread_join(t[i], 0); printf("%ld %s\n", sum, getenv("HOME") ? "home" : ""); void *h = dlopen("./l.so", RTLD_NOW); int (*f)(int) = dlsym(h, "f"); printf("%d\n", f(4)); char *p = malloc(1 << 24); memset(p, 1, 1 << 24); p = realloc(p, 1 << 26); printf("%d\n", p[(1 << 24) - 1]); return 3; }
C
echo 'int f(int x) { return x * x; }' >l.c; gcc -O2 -shared -fPIC -o l.so l.c; gcc -O2 -g -Wall -pthread -o m m.c -ldl; ./m || echo $?; gcc -static -O1 -pthread -o ms m.c 2>/dev/null; file m 2>/dev/null || true; ldd m | wc -l
mkdir p; for i in $(seq 30); do echo "int f$i(int x) { return x + $i; }" >p/f$i.c; done; { for i in $(seq 30); do echo "int f$i(int);"; done; echo '#include <stdio.h>'; echo 'int main(void) { int s = 0;'; for i in $(seq 30); do echo "s += f$i(s);"; done; echo 'printf("%d\n", s); return 0; }'; } >p/main.c
printf 'O := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprog: $(O)\n\tgcc -o $@ $^\n%%.o: %%.c\n\t@gcc -O1 -c -o $@ $<\n' >p/Makefile; make -s -C p -j4; p/prog; make -s -C p -q && echo uptodate; touch p/f3.c; make -C p -n | grep -c gcc; cc -E -dM - </dev/null | grep -c __x86_64__; size p/prog | tail -n 1 | wc -w; objdump -d p/prog | grep -c '<f3>:'; nm l.so | grep -c ' T f'; ar cr x.a p/f1.o p/f2.o; ranlib x.a; ar t x.a; strip m -o m2; ./m2 || echo $?; readelf -h m | grep -c EXEC || true; echo 'int main(void){return *(volatile int*)0;}' | gcc -x c - -o segv; ./segv || echo "segv $?"; gcc -fsanitize=address,undefined -g -O1 -x c - -o asan <<<'#include <stdlib.h>
int main(int c, char **v) { char *p = malloc(10); return p[10 + c - 1]; }' && { ./asan 2>&1 | grep -c heap-buffer-overflow; }
