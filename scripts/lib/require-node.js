// Syntax that Node 12 reads: this must load wherever `node` is, so as to say what is wrong there.

const NEEDED = [20, 19];

/** Ends the process with one line and exit code 2 where vethlab cannot run at all. */
export function requireNode() {
  const found = process.versions.node.split(".").map(Number);
  if (process.platform !== "linux") {
    fail(`vethlab needs Linux: this is ${process.platform}`);
  } else if (found[0] < NEEDED[0] || (found[0] === NEEDED[0] && found[1] < NEEDED[1])) {
    fail(`vethlab needs Node ${NEEDED.join(".")} or newer; this is ${process.version} (${process.execPath})`);
  }
}

function fail(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}
