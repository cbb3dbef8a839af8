// Renders mathematics: one JSON request a line in, one JSON answer a line out, until the input ends.
const katex = require(process.argv[2]);

function answer({ latex, display }) {
  try {
    return { html: katex.renderToString(latex, { displayMode: display, strict: "error" }) };
  } catch (error) {
    return { error: error.message };
  }
}

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(JSON.stringify(answer(JSON.parse(line))) + "\n"));
