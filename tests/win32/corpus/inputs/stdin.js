let text = "";
process.stdin.on("data", (d) => { text += d; });
process.stdin.on("end", () => { console.log(text.trim().split("\n").length + " lines"); });
