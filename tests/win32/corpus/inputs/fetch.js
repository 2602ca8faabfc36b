// Get a page so many times, five at once, a page that is not there, and from where nobody listens.
// Not by fetch(): it sets an option of TCP that Debian's ws2_32.dll does not know, under wine64 too.
const http = require("http");
const { createHash } = require("crypto");
const [url, count] = process.argv.slice(2);

function get(from) {
	return new Promise((resolve, reject) => {
		http.get(from, (response) => {
			const hash = createHash("md5");
			response.on("data", (d) => hash.update(d));
			response.on("end", () => resolve(response.statusCode + " " + hash.digest("hex")));
		}).on("error", reject);
	});
}

(async () => {
	const seen = new Set();
	for (let i = 0; i < count; i += 5)
		for (const answer of await Promise.all([1, 2, 3, 4, 5].map(() => get(url))))
			seen.add(answer);
	console.log([...seen].join(","));
	console.log((await get(url + ".missing")).split(" ")[0]);
	await get("http://127.0.0.1:1/").catch((e) => console.log(e.code));
})();
