#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Programs of Debian as benchmarks; a line `name milliseconds ms` each. Run in
# the image that scripts/bench --apps makes; arguments choose rows.
export HOME=/root LC_ALL=C GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
work=/tmp/apps
chosen=" $* "

row() {
	name=$1
	shift
	case $chosen in
	"  " | *" $name "*) ;;
	*) return ;;
	esac
	rm -rf $work
	mkdir -p $work
	cd $work || exit 1
	prepare_$name >/dev/null 2>&1
	start=$(date +%s%N)
	run_$name >/dev/null 2>&1 || { echo "# $name failed"; return; }
	end=$(date +%s%N)
	echo "$name $(((end - start) / 1000000)).$(printf %06d $(((end - start) % 1000000))) ms"
}

text() { find /usr/share/perl /usr/lib/python3.11 -name '*.p[ly]' -type f | sort | head -n "$1" | xargs cat; }
tree() {
	for d in $(seq "$1"); do
		mkdir -p tree/d$d
		for f in $(seq 50); do echo "$d $f some text" >tree/d$d/f$f; done
	done
}

prepare_gzip() { text 120 | head -c 3000000 >in; }
run_gzip() { gzip -k in && gzip -dc in.gz | cmp - in; }
prepare_xz() { text 120 | head -c 1000000 >in; }
run_xz() { xz -k -T1 in && xz -dc in.xz | cmp - in; }

prepare_sqlite() { :; }
run_sqlite() {
	sqlite3 x.db 'create table t(a integer primary key, b text);
		with recursive c(x) as (select 1 union all select x+1 from c where x<20000)
			insert into t select x, hex(x * 7919) from c;
		create index i on t(b); update t set b = b || a where a % 3 = 0;
		delete from t where a % 5 = 0; select count(*) from t where b like "%9"; pragma integrity_check;'
	for i in 1 2 3 4 5 6 7 8 9 10; do
		sqlite3 x.db "insert into t(b) values('row $i')"
	done
}

prepare_gcc() {
	for i in $(seq 6); do
		printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n' >f$i.c
		for j in $(seq 40); do
			echo "int f${i}_$j(int x) { char b[64]; snprintf(b, 64, \"%d\", x); return atoi(b) + $j; }" >>f$i.c
		done
	done
	echo 'int main(void) { return 0; }' >main.c
}
run_gcc() { gcc -O1 -o out ./*.c && ./out; }

prepare_make() {
	printf 'all: $(addprefix o,$(shell seq 100))\no%%:\n\t@echo $@ >$@\n' >Makefile
}
run_make() { make -s; }

prepare_python() { :; }
run_python() {
	python3 -c 'd = {}
for i in range(150000):
    d[i % 1000] = d.get(i % 1000, 0) + i
print(sum(d.values()))'
}

prepare_python_start() { :; }
run_python_start() { for i in 1 2 3 4 5; do python3 -c 'import json, re, subprocess'; done; }

prepare_git() { tree 10; }
run_git() {
	cd tree && git init -q && git add -A && git commit -qm one && git status --short && git gc -q && git fsck
}

prepare_tar() { tree 100; }
run_tar() { tar cf t.tar tree && mkdir out && tar xf t.tar -C out && rm -rf tree; }

prepare_find() { tree 60; }
run_find() { find tree -type f -name '*7' -size -2k | sort | xargs grep -l text; }

prepare_shell() { :; }
run_shell() { i=0; while [ $i -lt 200 ]; do /bin/true; x=$(echo $i | cut -c1); i=$((i + 1)); done; }

prepare_perl() { :; }
run_perl() { perl -e 'my %h; for (1..200000) { $h{$_ % 997} .= "x" if $_ & 1 } print length(join "", values %h)'; }

for name in gzip xz sqlite gcc make python python_start git tar find shell perl; do
	row $name
done
