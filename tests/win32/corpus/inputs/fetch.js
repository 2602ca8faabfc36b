const crypto = require("crypto");

fetch("http://127.0.0.1:8080/n.txt").then(async (response) => {
	const body = Buffer.from(await response.arrayBuffer());
	console.log(response.status, body.length, crypto.createHash("md5").update(body).digest("hex").slice(0, 8));
});
