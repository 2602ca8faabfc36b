# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# long
set -eu
cat >t.js <<'J'
const fs = require('fs'), cp = require('child_process'), net = require('net'), os = require('os'), zlib = require('zlib'), crypto = require('crypto'), { Worker, isMainThread, parentPort } = require('worker_threads');
if (!isMainThread) { parentPort.on('message', m => { parentPort.postMessage(m * 2); parentPort.close(); }); }
else (async () => {
	console.log(process.version.split('.')[0], os.type(), os.cpus().length > 0, process.memoryUsage().rss > 1e6);
	const w = new Worker(__filename); w.postMessage(21); console.log(await new Promise(r => w.on('message', r)));
	console.log(cp.execSync('echo child').toString().trim(), cp.spawnSync('sh', ['-c', 'exit 3']).status);
	await fs.promises.writeFile('f', 'x'.repeat(100000)); console.log((await fs.promises.stat('f')).size, fs.readdirSync('.').length);
	const s = net.createServer(c => c.end('served')); await new Promise(r => s.listen('/tmp/work/sock', r));
	console.log(await new Promise(r => { let d = ''; net.connect('/tmp/work/sock').on('data', x => d += x).on('end', () => r(d)); })); s.close();
	console.log(zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(50000, 'ab'))).length, crypto.createHash('sha1').update('a').digest('hex'), crypto.pbkdf2Sync('a', 'b', 1000, 16, 'sha256').toString('hex'));
	const wa = fs.watch('.', (e, n) => { if (n === 'watched') { console.log('watch', n); wa.close(); } }); fs.writeFileSync('watched', '1'); let a = []; for (let i = 0; i < 300000; i++) a.push({ i }); console.log(a.reduce((x, y) => x + y.i, 0)); await new Promise(r => setTimeout(r, 50)); process.on('SIGUSR2', () => { console.log('usr2'); process.exit(7); }); process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 5000);
})();
J
node t.js || echo $?; echo 'console.log(1n<<70n)' | node -; node --max-old-space-size=64 -e 'let s=0;for(let k=0;k<40;k++){const b=new Array(100000).fill(k);s+=b[5]}console.log(s)'
