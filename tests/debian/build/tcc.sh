# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# long
# A C compiler of 111,000 lines: gcc builds it, it builds itself, and runs its own tests (code made in memory, threads, signals).
set -u
cp -a /usr/src/tcc . && cd tcc || exit 1
find . -name '*.[ch]' -exec cat {} + | wc -l
./configure --triplet=x86_64-linux-gnu --extra-cflags='-O1 -w' >../configure.out 2>&1 || { cat ../configure.out; exit 1; }
make -j2 tcc libtcc.a libtcc1.a >../make.out 2>&1 || { tail -n 20 ../make.out; exit 1; }
./tcc -v | cut -d' ' -f1-3
./tcc -B. -I. -Iinclude -DTCC_TARGET_X86_64 -DONE_SOURCE=1 -o again tcc.c -lm -ldl && ./again -v | cut -d' ' -f1-3
make -C tests -k hello-run libtest libtest_mt tests2-dir pp-dir >../check.out 2>&1
echo "check $?"
grep -E '^(Test: |-- |\*\*\* |hello|[0-9]+ )|rror|diff|^[-+]' ../check.out | grep -v 'ms)'
exit 0
