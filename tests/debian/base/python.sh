# SPDX-License-Identifier: GPL-2.0-only
set -eu
cat >t.py <<'P'
import asyncio, concurrent.futures, ctypes, hashlib, json, mmap, multiprocessing as mp, os, select, selectors, signal, socket, subprocess, tempfile, threading, time, shutil, pathlib, random, resource, fcntl, struct
def sq(x): return x * x
def main():
    with mp.Pool(3) as p: print(sum(p.map(sq, range(500))))
    with concurrent.futures.ThreadPoolExecutor(8) as e: print(sum(e.map(sq, range(500))))
    q = mp.Queue(); ps = [mp.Process(target=q.put, args=(i,)) for i in range(4)]; [p.start() for p in ps]; print(sorted(q.get() for _ in ps)); [p.join() for p in ps]
    print(subprocess.run(["sh", "-c", "cat; exit 4"], input=b"in", capture_output=True))
    async def echo(r, w): w.write((await r.readline()).upper()); await w.drain(); w.close()
    async def aio():
        s = await asyncio.start_unix_server(echo, "/tmp/work/s")
        r, w = await asyncio.open_unix_connection("/tmp/work/s"); w.write(b"hello\n"); print(await r.readline()); w.close(); s.close()
        p = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.1; echo sub", stdout=-1); print(await p.communicate()); print(await asyncio.gather(*[asyncio.sleep(0.05, i) for i in range(5)]))
    asyncio.run(aio())
    m = mmap.mmap(-1, 1 << 20); m[5:9] = b"mmap"; print(m.find(b"map"));
    with tempfile.TemporaryFile() as f: f.write(b"x" * 70000); f.flush(); mm = mmap.mmap(f.fileno(), 0); mm[69999] = 65; f.seek(69999); print(f.read(), mm.size()); mm.resize(80000); print(len(mm))
    signal.signal(signal.SIGALRM, lambda *a: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1); print(signal.sigwaitinfo([signal.SIGUSR1]).si_pid == os.getpid())
    e = select.epoll(); r, w = os.pipe(); e.register(r, select.EPOLLIN); os.write(w, b"1"); print(len(e.poll(1))); print(os.get_terminal_size.__name__, os.cpu_count() >= 1, len(os.sched_getaffinity(0)) >= 1)
    a, b = socket.socketpair(); socket.send_fds(a, [b"fd"], [w]); d, fds, *_ = socket.recv_fds(b, 10, 2); print(d, len(fds)); l = threading.local(); c = threading.Condition(); n = []
    def worker(i):
        with c: n.append(i); c.notify_all()
    ts = [threading.Thread(target=worker, args=(i,)) for i in range(20)]; [t.start() for t in ts]
    with c: c.wait_for(lambda: len(n) == 20, 10)
    [t.join() for t in ts]; print(sum(n)); os.mkdir("d"); [pathlib.Path("d", str(i)).write_text("x" * i) for i in range(200)]; shutil.copytree("d", "e"); print(sum(p.stat().st_size for p in pathlib.Path("e").iterdir())); shutil.rmtree("d"); fd = os.memfd_create("m", os.MFD_ALLOW_SEALING); os.ftruncate(fd, 100); print(fcntl.fcntl(fd, 1033, 15), fcntl.fcntl(fd, 1034)); print(os.sendfile(os.open("x", os.O_CREAT | os.O_RDWR), fd, 0, 100), os.copy_file_range(os.open("x", os.O_RDONLY), os.open("y", os.O_CREAT | os.O_RDWR), 50, 0)); print(hashlib.sha256(bytes(range(256)) * 4000).hexdigest()[:16]); print(resource.getrlimit(resource.RLIMIT_STACK)); pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 9"], os.environ); print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])); f = os.pidfd_open(os.getpid()); print(f > 2); print(sorted(os.listxattr("x")), os.pread(fd, 3, 0), os.eventfd_read(os.eventfd(7))); ctypes.CDLL(None).getpid(); print(json.dumps({"a": [1, 2.5, None]})); random.seed(1); print(random.random(), len(os.getrandom(16))); mp.set_start_method("spawn", force=True); print(mp.Pool(2).map(sq, range(5)))
if __name__ == "__main__": main()
P
python3 t.py; python3 -c 'import os,sys; os.abort()' || echo "abort $?"; python3 -m venv --without-pip v 2>/dev/null && v/bin/python -c 'import sys; print(sys.prefix)'; python3 -c 'print(sum(i*i for i in range(300000)))'; python3 -m compileall -q -j 2 -f /usr/lib/python3.11/json >/dev/null && echo compiled
