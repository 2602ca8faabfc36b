// node as server and as client of a named pipe, in two processes.
const net = require("net");
const name = "\\\\.\\pipe\\node-talk";

if (process.argv[2] === "server") {
	let left = 3;
	const server = net.createServer((socket) => {
		socket.on("data", (d) => socket.write(d.toString().toUpperCase()));
		socket.on("end", () => {
			socket.end();
			if (!--left)
				server.close();
		});
	});
	server.listen(name, () => require("fs").writeFileSync("ready", "1"));
	server.on("close", () => console.log("server closed"));
} else {
	// A named pipe has no half-close: node waits 50 ms for what is still to come after end().
	const socket = net.connect(name, () => socket.write("from " + process.argv[2]));
	socket.on("data", (d) => {
		console.log(d.toString());
		socket.end();
	});
}
