const http = require("http");
const fs = require("fs");

const server = http.createServer((request, response) => {
	if (request.url === "/big") {
		response.end("x".repeat(1000000));
		return;
	}
	response.end("page " + request.url);
	if (request.url === "/quit")
		server.close();
});
server.listen(0, "0.0.0.0", () => {
	fs.writeFileSync("port.new", String(server.address().port));
	fs.renameSync("port.new", "port.txt");
});
