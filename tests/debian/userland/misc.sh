# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# long
# Manual pages, Perl's modules in C, ACLs and attributes, users, init scripts of the base system.
set -u
export LC_ALL=C MANWIDTH=70
printf '.TH DEMO 1 "2020-01-01" "v1" "Demo"\n.SH NAME\ndemo \\- a page\n.SH DESCRIPTION\nSome \\fBbold\\fR text that is long enough to be filled and broken into lines.\n' >demo.1
man -P cat ./demo.1 | cat -s; groff -man -Tascii demo.1 | head -n 3; mkdir -p m/man1; cp demo.1 m/man1; mandb -q m 2>&1; MANPATH=$PWD/m man -w demo; MANPATH=$PWD/m apropos -M "$PWD/m" demo
perl -MJSON::XS -e 'print JSON::XS->new->canonical->encode({a => [1, 2, {b => undef}], c => "x"}), "\n"'
perl -MDBI -e 'my $d = DBI->connect("dbi:SQLite:dbname=x.db", "", "", {RaiseError => 1}); $d->do("create table t(a, b)"); my $s = $d->prepare("insert into t values (?, ?)"); $d->begin_work; $s->execute($_, $_ ** 2) for 1 .. 500; $d->commit; print join(" ", $d->selectrow_array("select count(*), sum(b) from t")), "\n"'
perl -MStorable=dclone -MEncode -MDigest::SHA=sha256_hex -MTime::Local -MFile::Temp=tempfile -MIPC::Open3 -e 'print sha256_hex("a"), "\n"; my ($h, $f) = tempfile(); print -e $f ? "temp\n" : "none\n"; my $p = open3(my $in, my $out, undef, "cat"); print $in "through\n"; close $in; print <$out>; waitpid $p, 0; print length(encode("UTF-8", "\x{20ac}")), "\n"'
perl -Mthreads -Mthreads::shared -e 'my $n :shared = 0; my @t = map { threads->create(sub { for (1 .. 200) { lock $n; $n++ } }) } 1 .. 4; $_->join for @t; print "$n\n"'
touch f; setfacl -m u:daemon:rw,g:games:r,m::rw f && getfacl --omit-header f; mkdir d; setfacl -d -m u:daemon:rwx d; touch d/x; getfacl --omit-header d/x; setfacl -b f; getfacl -c f; setfattr -n trusted.demo -v value f; getfattr --only-values -n trusted.demo f; echo
useradd -m -G games demo; id demo | sed 's/[0-9]*//g'; echo 'demo:secret' | chpasswd; passwd -S demo | cut -d' ' -f1,2; runuser -u demo -- sh -c 'cd; umask; touch mine; stat -c %U:%G mine'; su demo -c 'id -un'; usermod -s /bin/false demo; getent passwd demo | cut -d: -f7; userdel -r demo; ls /home
start-stop-daemon --start --background --make-pidfile --pidfile p --exec /bin/sleep -- 100; sleep 1; start-stop-daemon --status --pidfile p; echo $?; start-stop-daemon --stop --pidfile p --retry 5 | sed 's/[0-9]//g'; start-stop-daemon --status --pidfile p; echo $?
update-alternatives --query pager | head -n 2; run-parts --list /etc/cron.daily | head -n 3; locale -a | head -n 3; getconf PAGESIZE; getconf -a | grep -c POSIX | sed 's/[0-9]*/some/'; ldconfig -p | head -n 1 | sed 's/^[0-9]*//'; iconv -f latin1 -t utf-8 <<<$'\xe9'
exit 0
