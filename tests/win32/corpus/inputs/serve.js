// An HTTP server that tells its port, answers, and ends when it is asked to.
const http = require("http");
const fs = require("fs");

const server = http.createServer((request, response) => {
	if (request.url === "/stop") {
		response.end("stopping\n");
		server.close();
		server.closeIdleConnections();
	} else if (request.url.startsWith("/in/")) {
		fs.createReadStream("." + request.url).pipe(response);
	} else if (request.method === "POST") {
		let body = "";
		request.on("data", (d) => (body += d));
		request.on("end", () => response.end("posted " + body.length + " " + body.slice(0, 10) + "\n"));
	} else {
		response.end("hello " + request.url + "\n");
	}
});
server.listen(0, "127.0.0.1", () => fs.writeFileSync("port", String(server.address().port)));
