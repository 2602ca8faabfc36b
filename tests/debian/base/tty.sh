# SPDX-License-Identifier: GPL-2.0-only
# vim and tmux on a pseudo terminal
set -eu
export TERM=screen HOME=/tmp/work LC_ALL=C.UTF-8
cat >v.exp <<'X'
log_user 0
set timeout 30
spawn vim -u NONE -N t.txt
expect -re "t.txt|~"
send "ihello from vim\rsecond line\033"
send ":%s/vim/VIM/\r"
send "yyp:wq\r"
expect eof
puts [lindex [wait] 3]
X
expect v.exp; cat t.txt
vim -u NONE -es -c 'r /etc/debian_version' -c '%s/\..*//' -c 'wq' n.txt </dev/null || true; tail -n 1 n.txt
# until_lines COUNT PATTERN COMMAND...: what COMMAND prints has COUNT such lines (keys typed ahead of a prompt show elsewhere)
until_lines() {
	local count=$1 pattern=$2 i
	shift 2
	for i in $(seq 300); do [ "$("$@" | grep -c "$pattern")" = "$count" ] && return; sleep 0.1; done
	echo "no $count lines of $pattern"; "$@"
}
tmux -f /dev/null new-session -d -s t -x 80 -y 24 'sh'; until_lines 1 '^#' tmux capture-pane -p -t t
tmux send-keys -t t 'echo tm''ux-$((6*7)); stty size; tty | cut -c1-9' Enter; until_lines 1 '^/dev/pts' tmux capture-pane -p -t t
tmux capture-pane -p -t t | grep -v '\$' | grep -v '^#' | grep .
tmux split-window -t t 'sh'; tmux list-panes -t t | wc -l; tmux resize-pane -t t -y 5; until_lines 1 '^#' tmux capture-pane -p -t t
tmux send-keys -t t 'sleep 100' Enter; until_lines 1 sleep tmux display-message -p -t t '#{pane_current_command}'
tmux send-keys -t t C-c; until_lines 0 sleep tmux display-message -p -t t '#{pane_current_command}'
tmux send-keys -t t 'exit' Enter; until_lines 1 . tmux list-panes -t t; tmux list-panes -t t | wc -l; tmux kill-server
cat >b.exp <<'X'
log_user 0
set timeout 30
spawn bash --norc --noprofile -i
expect "# "
send "PS1='R> '\r"
expect "R> "
send "sh -c 'echo star''ted; exec sleep 50'\r"
expect "started\r\n"
send "\x1a"
expect "Stopped"
send "jobs | cut -c1-12; bg >/dev/null; kill %1; wait; echo D''one\r"
expect "Done"
send "echo rea''dy; cat\r"
expect "ready\r\n"
send "typed\r"
expect "typed\r\ntyped"
send "\x04"
expect "R> "
send "stty -a | head -n 1 | cut -c1-16\r"
expect "speed 38400 baud"
send "exit 3\r"
expect eof
puts [lindex [wait] 3]
X
expect b.exp; seq 200 >l; cat >l.exp <<'X'
log_user 0
set timeout 30
spawn less l
expect "1\r\n"
send "G"
expect "(END)"
send "q"
expect eof
puts less
X
expect l.exp; python3 -c 'import pty; print(pty.spawn(["sh","-c","test -t 0 && echo tty; exit 5"]) >> 8)' | tr -d '\r'
