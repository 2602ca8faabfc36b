# SPDX-License-Identifier: GPL-2.0-only
# timeout: 500
# long
# A PostgreSQL server and its clients: queries, concurrent transactions, parallel workers, crash and recovery, dumps.
set -u
export PATH=$PATH:/usr/lib/postgresql/15/bin LC_ALL=C PGHOST=/tmp/work/run PGUSER=postgres PGDATABASE=postgres HOME=/tmp/work
mkdir run data; chown postgres run data .; chmod 755 .
as() { runuser -u postgres -- env PATH="$PATH" "$@"; }
q() { psql -X -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=terse "$@"; }
runs() { q -c "select pid from pg_stat_activity where query like '%$1%' and state = 'active' and pid <> pg_backend_pid()"; }
await() { until [ -n "$(runs "$1")" ]; do sleep 0.1; done; }
start() { as pg_ctl -s -w -t 120 -D data -l run/log -o "-k $PGHOST -c listen_addresses= -c shared_buffers=32MB -c max_connections=30" start; echo "start $?"; }
as initdb -k -D data -A trust -U postgres --locale=C -E UTF8 >run/init 2>&1; echo "initdb $?"; start
q -c "create table t(id int primary key, k int, body text); insert into t select i, i * 7919 % 1009, repeat(md5(i::text), 4) from generate_series(1, 50000) i; create index by_k on t(k); analyze t" -c "select count(*), sum(k), md5(string_agg(body, '' order by id)) from t"
q -c "set max_parallel_workers_per_gather=3; set parallel_setup_cost=0; set parallel_tuple_cost=0; set min_parallel_table_scan_size=0" -c "explain (costs off) select count(*) from t where body like '%ff%'" -c "select count(*) from t where body like '%ff%'" -c "select count(*) from t a join t b on a.k = b.k where a.id < 50"
q -c "begin; delete from t where id % 2 = 0; select count(*) from t; rollback; select count(*) from t" -c "insert into t values (1, 1, 'twice')" 2>&1
q -c "create table n(v int); insert into n values (0)"; for i in 1 2 3 4 5 6; do for j in 1 2 3 4 5; do q -c "update n set v = v + 1"; done & done; wait $(jobs -p); q -c "select v from n"
(q -c "begin; select v from n for update; select pg_sleep(2); update n set v = 100; commit" >held & await 'sleep(2)'; q -c "set lock_timeout='100ms'; update n set v = 5" 2>&1; q -c "update n set v = v + 1 returning v"; wait; cat held)
q -c "begin; update n set v = v; select pg_advisory_lock(7)" -c "select count(*) from pg_locks where locktype = 'advisory'"; (echo "listen c; notify c, 'told'; select 1;" | q) | sed 's/PID [0-9]*/PID/'
seq 1 20000 | sed 's/$/\tx/' >rows; q -c "create table c(a int, b text)" -c "\copy c from rows" -c "select count(*), sum(a) from c" -c "\copy (select a from c where a < 4 order by a) to stdout"
pgbench -i -q -s 1 >/dev/null 2>&1; echo "init $?"; pgbench -n -c 6 -j 2 -t 30 2>/dev/null | grep -E 'processed|failed'; q -c "select count(*), sum(delta) = (select sum(abalance) from pgbench_accounts) from pgbench_history"
q -c "checkpoint" -c "vacuum (full, analyze) t"; pg_dump -t t -t n >dump.sql; createdb copy; q -d copy -f dump.sql >/dev/null; q -d copy -c "select count(*), sum(k) from t"; pg_dump -Fc -Z 5 | pg_restore -l | grep -c TABLE
# A server process that is killed takes the others along; what was committed is there when they are back.
q -c "insert into n values (500)"; (q -c "select pg_sleep(60)" 2>&1 | head -n 1 | cut -c1-40 & await 'sleep(60)'; kill -9 "$(runs 'sleep(60)')"; wait)
for _ in $(seq 100); do q -c "select sum(v) from n" 2>/dev/null && break; sleep 0.1; done
q -c "insert into t select i, 0, 'late' from generate_series(60001, 65000) i"; as pg_ctl -s -w -m immediate -D data stop; start; q -c "select count(*) from t where body = 'late'"; grep -c 'redo done' run/log
as pg_ctl -s -w -m fast -D data stop; echo "stop $?"; as pg_controldata data | grep 'cluster state'; as pg_checksums --check -D data 2>&1 | tail -n 1; ls run; ipcs -m | grep -c postgres
exit 0
