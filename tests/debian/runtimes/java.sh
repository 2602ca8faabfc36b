# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# long
set -eu
export LC_ALL=C.UTF-8
cat >T.java <<'J'
import java.nio.file.*; import java.util.*; import java.util.concurrent.*; import java.util.stream.*; import java.nio.channels.*; import java.nio.*;
public class T { public static void main(String[] a) throws Exception {
	ExecutorService e = Executors.newFixedThreadPool(4); List<Future<Integer>> l = new ArrayList<>(); for (int i = 0; i < 50; i++) { final int n = i; l.add(e.submit(() -> n * n)); } int s = 0; for (var f : l) s += f.get(); e.shutdown(); System.out.println(s);
	List<byte[]> keep = new ArrayList<>(); long t = 0; for (int i = 0; i < 4000; i++) { byte[] b = new byte[40000]; b[i % 40000] = 1; if (i % 100 == 0) keep.add(b); t += b.length; } System.out.println(t + " " + keep.size()); System.gc();
	Path p = Paths.get("x"); Files.writeString(p, "line\n".repeat(1000)); System.out.println(Files.lines(p).count()); try (FileChannel c = FileChannel.open(p, StandardOpenOption.READ, StandardOpenOption.WRITE)) { MappedByteBuffer m = c.map(FileChannel.MapMode.READ_WRITE, 0, 100); m.put(0, (byte) 'L'); m.force(); } System.out.println(Files.readString(p).charAt(0));
	Process pr = new ProcessBuilder("sh", "-c", "echo out; exit 6").start(); System.out.println(new String(pr.getInputStream().readAllBytes()).trim() + pr.waitFor()); System.out.println(IntStream.range(0, 100000).parallel().filter(x -> x % 3 == 0).count()); System.out.println(Runtime.getRuntime().availableProcessors() > 0); try { int[] n = null; System.out.println(n[0]); } catch (NullPointerException x) { System.out.println("npe"); } try { rec(0); } catch (StackOverflowError x) { System.out.println("so"); } Thread.sleep(20); Object o = new Object(); synchronized (o) { o.wait(20); } System.exit(4); }
	static int rec(int n) { return rec(n + 1) + 1; } }
J
javac T.java; java -Xmx64m T || echo $?; java -XX:+UseSerialGC -Xmx48m T || echo $?; java -XX:+UseParallelGC -Xmx96m T || echo $?
