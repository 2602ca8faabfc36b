# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# long
# A source package of 56,000 lines: configure, make, its own tests.
set -u
cp -a /usr/src/gzip . && cd gzip || exit 1
find . -name '*.[ch]' -exec cat {} + | wc -l
# What is made from these files is there, and newer whatever the copies' times say.
find . \( -name '*.ac' -o -name '*.am' -o -name '*.m4' -o -name '*.texi' \) -exec touch -d 2020-01-01 {} +
./configure --disable-dependency-tracking >../configure.out 2>&1 || { tail -n 20 ../configure.out; exit 1; }
grep -E '^(checking|config.status)' ../configure.out | sed 's/ in [0-9]* seconds//'
make -j2 >../make.out 2>&1 || { tail -n 20 ../make.out; exit 1; }
./gzip --version | head -n 1
make check >../check.out 2>&1
echo "check $?"
grep -E '^(PASS|FAIL|XFAIL|XPASS|SKIP|ERROR|# [A-Z]+):' ../check.out
grep -qE '^# (FAIL|ERROR): +[1-9]' ../check.out && cat tests/*.log | tail -n 100
exit 0
