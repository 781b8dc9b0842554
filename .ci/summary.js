// Reads vitest's JSON report and the exit codes of the other checks, says for people what happened, and closes with the
// one line that machines read: `N passed, N failed, N skipped`. Each check counts as one; so does a test run that failed
// without a failed test (a file that does not load, an error outside any test). Exit code 1 if anything failed.
import { readFileSync } from "node:fs";

const [report, ...checks] = process.argv.slice(2);
const codes = Object.fromEntries(checks.map((check) => check.split("=")));

const count = { passed: 0, failed: 0, skipped: 0 };
const trouble = [];
const skipped = new Set();

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).testResults;
  } catch {
    return [];
  }
}

const files = read(report);
for (const { name, status, message, assertionResults } of files) {
  for (const test of assertionResults) {
    if (test.status === "passed") count.passed++;
    else if (test.status === "failed") {
      count.failed++;
      trouble.push(`failed: ${test.fullName} (${name.replace(`${process.cwd()}/`, "")})`);
    } else {
      count.skipped++;
      skipped.add(/\(skipped: (.*?)\)(?= |$)/.exec(test.fullName)?.[1] ?? test.fullName);
    }
  }
  if (status === "failed" && !assertionResults.some((test) => test.status === "failed")) {
    count.failed++;
    trouble.push(`failed as a whole: ${name.replace(`${process.cwd()}/`, "")} ${(message ?? "").split("\n")[0]}`);
  }
}

const { tests, ...others } = codes;
if (tests !== "0" && count.failed === 0) {
  count.failed++;
  trouble.push(files.length === 0 ? "failed: the tests did not run" : "failed: an error outside the tests, see above");
}
if (files.length === 0 && tests === "0") {
  count.failed++;
  trouble.push("failed: no test was counted");
}
for (const [name, code] of Object.entries(others)) {
  if (code === "0") count.passed++;
  else {
    count.failed++;
    trouble.push(`failed: ${name}`);
  }
}

for (const line of trouble) console.log(line);
for (const reason of skipped) console.log(`skipped: ${reason}`);
const what = `${files.length} test files, and the checks of ${Object.keys(others).join(" and ")}`;
console.log(count.failed === 0 ? `All is well: ${what}.` : `Not well: ${what}; what failed is named above.`);
console.log(
  [`${count.passed} passed`, `${count.failed} failed`, count.skipped > 0 ? `${count.skipped} skipped` : ""]
    .filter((part) => part !== "")
    .join(", "),
);
process.exitCode = count.failed === 0 ? 0 : 1;
