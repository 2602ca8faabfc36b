# SPDX-License-Identifier: GPL-2.0-only
set -eu
# pipelines, arrays, here documents, process substitution, traps, jobs, coproc
a=(one two three); declare -A m=([x]=1 [y]=2)
echo "${a[@]^^}" "${#a[@]}" "${m[x]}${m[y]}" $((7**5 % 13))
for i in {1..200}; do echo $i; done | while read -r n; do echo $((n*n)); done | tail -n 1
diff <(seq 1 5) <(seq 1 6) || echo "diff says $?"
coproc tr a-z A-Z; echo hello >&"${COPROC[1]}"; eval "exec ${COPROC[1]}>&-"; cat <&"${COPROC[0]}"; wait
(trap 'echo usr1; exit 5' USR1; kill -USR1 $BASHPID; sleep 10) || echo "status $?"
# the coprocess may be job 1 still, if it ended before it was waited for
sleep 30 & kill %sleep; wait %sleep || echo "killed $?"
set -m; sleep 0.1 & wait $!; echo "job done $?"; set +m
( ulimit -n 64; ulimit -n ); ( ulimit -c 0; ulimit -Sc )
f() { local x=$1; ((x <= 1)) && { echo 1; return; }; echo $((x * $(f $((x - 1))))); }; f 10
exec 9<>/tmp/work/rw; echo data >&9; cat /tmp/work/rw; exec 9>&-
read -r -t 0.2 x < <(sleep 5) || echo "read timed out $?"
printf '%s\n' *.none ~root; shopt -s globstar nullglob; mkdir -p d/e/f; touch d/e/f/g d/h; echo **/*
timeout 1 sleep 20 || echo "timeout $?"
echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL))
kill -l 9 15; type -t cd ls if f
