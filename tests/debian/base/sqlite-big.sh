# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# long
# A data base of 200 MB: fill, index, join, roll back, check, dump.
set -eu
q() { sqlite3 big.db "$@"; }
q "pragma page_size=4096; create table t(id integer primary key, k integer, body blob);"
q "with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) insert into t select i, i * 7919 % 100003, zeroblob(1000) from n;"
[ "$(stat -c %s big.db)" -gt 200000000 ] && echo "over 200 MB"
q "create index by_k on t(k); select count(*), sum(k), sum(length(body)) from t;"
q "select count(*) from t a join t b on a.k = b.k where a.id < 1000 and b.id > 100000;"
q "begin; update t set body = zeroblob(900) where id % 10 = 0; select sum(length(body)) from t; rollback; select sum(length(body)) from t;"
q "delete from t where id % 4 = 0; select count(*) from t; pragma integrity_check;"
q "pragma mmap_size=300000000; select count(*), sum(length(body)) from t where k > 50000;"
q ".dump" | wc -lc
q "vacuum; pragma page_count;"
