/** The tables of docs/json-fields.md, made from the fields' declarations. */
import { type Container, Kind, protocols, Shape } from "../../packets/fields/index.ts";
import { TSHARK_NAMES } from "./tshark-names.ts";

const TYPES: Readonly<Record<number, string>> = {
  [Kind.Number]: "number",
  [Kind.Signed]: "number",
  [Kind.Hex]: "`0x…`",
  [Kind.Checksum]: "`0x…`",
  [Kind.Flag]: "boolean",
  [Kind.Set]: "names",
  [Kind.Mac]: "MAC",
  [Kind.Ipv4]: "IPv4",
  [Kind.Ipv6]: "IPv6",
  [Kind.Text]: "text",
  [Kind.Made]: "text",
  [Kind.Bytes]: "hex digits",
};

/** The whole page. */
export function fieldTables(): string {
  const lines = [
    "# The fields of `sniff --json` and `sniff --tree`",
    "",
    "Made from the declarations in `packets/fields/` by `npx vitest run test/tools/sniff/schema.test.ts -u`. The column",
    "tshark names the field of Wireshark that holds the same value at the same bytes; `test/tools/sniff/tshark.test.ts`",
    "compares them.",
  ];
  for (const layer of [...protocols()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    lines.push("", `## ${layer.key}: ${layer.label}`, "", "| field | type | what | defined in | tshark |");
    lines.push("| --- | --- | --- | --- | --- |", ...new Set(rows(layer, layer.key, "")));
  }
  return `${lines.join("\n")}\n`;
}

function rows(node: Container, path: string, prefix: string): string[] {
  const lines: string[] = [];
  for (const field of node.fields) {
    if (!field.inJson) continue;
    const full = field.key === "" ? path : `${path}.${field.key}`;
    const name = field.key === "" ? `${prefix}[]` : `${prefix}${prefix === "" ? "" : "[]."}${field.key}`;
    const shown = field.nameKey === "" || field.kind === Kind.Set ? `\`${name}\`` : `\`${name}\`, \`${field.nameKey}\``;
    const unit = field.unit === "" ? "" : `, in ${field.unit}`;
    const note = field.note === "" ? "" : `: ${field.note}`;
    lines.push(
      `| ${shown} | ${TYPES[field.kind]} | ${field.label}${unit}${note} | ${field.source} | ${tshark(full)} |`,
    );
  }
  for (const child of node.children) {
    const name = `${prefix}${prefix === "" ? "" : "[]."}${child.key}`;
    if (child.shape === Shape.Layers) lines.push(`| \`${name}\` | layers | ${child.label} | ${child.source} | |`);
    else lines.push(...rows(child, `${path}.${child.key}`, name));
  }
  return lines;
}

function tshark(path: string): string {
  const names = TSHARK_NAMES[path];
  if (names === undefined) return "";
  return (typeof names === "string" ? [names] : names).map((name) => `\`${name}\``).join(", ");
}
