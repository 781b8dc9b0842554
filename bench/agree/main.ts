/**
 * `npm run agree -- [DIR|FILE…] [--options "-n -e"]… [--list] [--json FILE]`: our lines beside those of the installed
 * tcpdump, over captures.
 */
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tcpdumpVersion } from "../cases/sniffers.ts";
import { packageFile } from "../root.ts";
import { compareFile, type FileResult } from "./compare.ts";
import { DEFAULT_SETS, type OptionSet, optionSet } from "./options.ts";
import { BAR, report, summarize } from "./report.ts";

const USAGE = `usage: npm run agree -- [DIR|FILE…] [--options "-n -e"]… [--list] [--json FILE]

  npm run agree                                  ../shared/captures, with ${DEFAULT_SETS.map((set) => `"${set}"`).join(", ")}
  npm run agree -- test/captures                 another folder (its .pcap, .pcapng and .cap files, and such in folders below)
  npm run agree -- lldp.pcap --options "-n -vv"  one file with one set of options
  npm run agree -- --list                        every difference in full

Compares the lines that vethlab prints of captured frames with those of the installed tcpdump (TZ=UTC), frame by frame,
hexadecimal dumps apart from text. Frames that carry protocols which vethlab does not speak (named in the report) are
compared up to their transport header.

  --options SET  compare with these options of tcpdump; may be repeated
  --list         show every difference in full, and what is out of scope in each file
  --json FILE    write the results

Exit code: 0 if at least ${BAR * 100}% of the text lines agree, averaged over files (of protocols in scope) and options; 1 if not.
`;

/** tcpdump's processes at a time. */
const AT_ONCE = 2;
const CAPTURE = /\.(pcap|pcapng|cap)$/;

interface Options {
  readonly files: readonly string[];
  readonly sets: readonly OptionSet[];
  readonly list: boolean;
  /** Path, or empty. */
  readonly json: string;
}

/** @returns the exit code: 0 the bar is reached, 1 it is not, 2 a mistake or a failure. */
export async function main(argv: string[]): Promise<number> {
  process.stdout.on("error", () => {});
  // Ours prints local time, as tcpdump does, which is told the same.
  process.env.TZ = "UTC";
  try {
    const options = readArguments(argv);
    if (options === null) {
      process.stdout.write(USAGE);
      return 0;
    }
    const version = tcpdumpVersion();
    if (typeof version !== "string") throw new Error(`tcpdump is missing: ${version.absent}`);
    if (options.json !== "") closeSync(openSync(options.json, "w"));
    const results = await compareAll(options);
    const summary = summarize(results);
    process.stdout.write(`tcpdump ${version}; ${results.length} files\n\n${report(summary, options.list)}`);
    if (options.json !== "")
      writeFileSync(
        options.json,
        `${JSON.stringify({ tcpdump: version, text: summary.text, files: results }, null, 1)}\n`,
      );
    return summary.text >= BAR ? 0 : 1;
  } catch (error) {
    process.stderr.write(`agree: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}\n`);
    return 2;
  }
}

async function compareAll({ files, sets }: Options): Promise<FileResult[]> {
  const results: FileResult[] = [];
  let next = 0;
  const work = async () => {
    for (let i = next++; i < files.length; i = next++) results[i] = await compareFile(files[i]!, sets);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Reads the arguments; null if help was asked for. */
function readArguments(argv: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: joinValues(argv),
    allowPositionals: true,
    options: {
      options: { type: "string", multiple: true, default: [] },
      list: { type: "boolean", default: false },
      json: { type: "string", default: "" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const sets = values.options.length > 0 ? values.options : DEFAULT_SETS;
  const paths = positionals.length > 0 ? positionals : [defaultFolder()];
  const files = paths.flatMap(filesOf);
  if (files.length === 0) throw new Error(`no captures (.pcap, .pcapng, .cap) in ${paths.join(" ")}`);
  return { files, sets: sets.map(optionSet), list: values.list, json: values.json };
}

/** `--options "-n -e"` as `--options=-n -e`: parseArgs refuses a value of its own that begins with a dash. */
function joinValues(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const isSplit = argv[i] === "--options" && argv[i + 1] !== undefined;
    args.push(isSplit ? `--options=${argv[++i]}` : argv[i]!);
  }
  return args;
}

/** Beside the checkout, or beside the folder that holds it together with others. */
function defaultFolder(): string {
  const folders = [packageFile("..", "shared", "captures"), packageFile("..", "..", "shared", "captures")];
  return folders.find((folder) => existsSync(folder)) ?? folders[0]!;
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) throw new Error(`${path} does not exist: name a folder with captures, or capture files`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => CAPTURE.test(name))
    .sort()
    .map((name) => join(path, name));
}
