# SPDX-License-Identifier: GPL-2.0-only
# Played by jobs.tty on a terminal, with job control: what a shell sees of Windows programs.
/v/ctrl.exe; echo "status $?"
jobs
echo "going on"; fg; echo "status $?"
/v/ctrl.exe own; echo "status $?"
/v/ctrl.exe exit; echo "status $?"
/v/ctrl.exe; echo "status $?"
kill -9 %1; usleep 500000; jobs; echo "gone"
/v/ctrl.exe; echo "status $?"
/v/ctrl.exe | cat; echo "piped"
