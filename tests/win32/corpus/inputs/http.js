const http = require("http");
const { spawn } = require("child_process");

const server = http.createServer((request, response) => response.end("hello " + request.url));
server.listen(0, "127.0.0.1", () => {
	http.get({ port: server.address().port, path: "/page" }, (response) => {
		response.on("data", (d) => console.log(d.toString()));
		response.on("end", () => {
			server.close();
			const child = spawn(process.execPath, ["-e", "console.log('child'); process.exit(4)"]);
			child.stdout.on("data", (d) => console.log(d.toString().trim()));
			child.on("close", (code) => console.log("exit " + code));
		});
	});
});
