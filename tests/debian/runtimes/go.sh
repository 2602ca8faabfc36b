# SPDX-License-Identifier: GPL-2.0-only
# timeout: 500
# long
set -eu
export HOME=/tmp/work GOFLAGS=-mod=mod GO111MODULE=off GOCACHE=/tmp/work/c
cat >t.go <<'G'
package main
import ("fmt"; "net"; "os"; "os/exec"; "os/signal"; "sync"; "syscall"; "time"; "runtime")
func main() {
	var wg sync.WaitGroup; var mu sync.Mutex; s := 0; for i := 0; i < 1000; i++ { wg.Add(1); go func(n int) { defer wg.Done(); mu.Lock(); s += n; mu.Unlock() }(i) }; wg.Wait(); fmt.Println(s, runtime.GOOS)
	os.Remove("/tmp/work/gs"); l, err := net.Listen("unix", "/tmp/work/gs"); fmt.Println(err); go func() { c, _ := l.Accept(); c.Write([]byte("hi")); c.Close() }(); c, _ := net.Dial("unix", "/tmp/work/gs"); b := make([]byte, 10); n, _ := c.Read(b); fmt.Println(string(b[:n]))
	o, _ := exec.Command("echo", "sub").Output(); fmt.Print(string(o)); ch := make(chan os.Signal, 1); signal.Notify(ch, syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGUSR1); fmt.Println(<-ch)
	var keep [][]byte; for i := 0; i < 3000; i++ { x := make([]byte, 20000); if i%50 == 0 { keep = append(keep, x) } }; runtime.GC(); fmt.Println(len(keep)); select { case <-time.After(30 * time.Millisecond): fmt.Println("after") }; done := make(chan int); go func() { for { select { case <-done: return; default: } } }(); time.Sleep(50 * time.Millisecond); close(done); fmt.Println(len(os.Args)); os.Exit(5) }
G
go version | cut -d' ' -f1-2; go build -o t t.go; ./t || echo $?; go run t.go | tail -n 1; go vet t.go && echo vet; gofmt -l .
