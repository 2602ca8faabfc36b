# SPDX-License-Identifier: GPL-2.0-only
# timeout: 200
set -eu
sqlite3 t.db "pragma journal_mode=wal; create table t(a integer primary key, b text, c real); with recursive n(i) as (select 1 union all select i+1 from n where i<50000) insert into t select i, hex(i*7919), i*0.5 from n; create index ib on t(b); select count(*), sum(a), avg(c), max(b) from t; pragma integrity_check;"
sqlite3 t.db "begin; delete from t where a%3=0; update t set b=b||'x' where a%5=0; commit; select count(*), count(distinct substr(b,1,2)) from t; vacuum; pragma integrity_check; pragma mmap_size=268435456; select sum(length(b)) from t;"
sqlite3 t.db .dump | sqlite3 u.db; sqlite3 u.db "attach 't.db' as t2; select count(*) from (select * from t except select * from t2.t); pragma journal_mode=delete;"
(sqlite3 u.db "pragma busy_timeout=20000; begin immediate; select 1;" ".shell touch begun; sleep 0.5" "insert into t values(-1,'w',1); commit;" & until [ -e begun ]; do sleep 0.05; done; sqlite3 u.db "pragma busy_timeout=20000; begin immediate; insert into t values(-2,'w',1); commit; select min(a) from t;"; wait); sqlite3 -csv u.db "select count(*) from t where a<0"
sqlite3 :memory: "select json_extract('{\"a\":[1,2,3]}','\$.a[1]'); create virtual table f using fts5(x); insert into f values('hello world'),('bye world'); select x from f where f match 'hello';"
