import { execFileSync } from "node:child_process";
import fc from "fast-check";
import koffi from "koffi";
import { describe, expect, test } from "vitest";
import { BpfProgram } from "../../packets/bpf.ts";
import { Lab } from "../../src/lab/lab.ts";
import { compileFilter, type Filter, isFilterError, libpcapVersion, mentionsVlan } from "../../src/linux/libpcap.ts";
import { u8, u32 } from "../support/arbitraries.ts";
import { needs } from "../support/privilege.ts";

function compiled(expression: string, options = {}): Filter {
  const filter = compileFilter(expression, options);
  if (isFilterError(filter)) throw new Error(filter.error);
  return filter;
}

/** A frame that ends with its EtherType. */
const ARP = Uint8Array.of(...Array(12).fill(2), 0x08, 0x06);

const hasLibpcap = libpcapVersion() !== null;

const EXPRESSIONS = [
  "arp",
  "icmp",
  "arp or icmp",
  "host 10.0.0.1",
  "ether host 02:00:00:00:00:01",
  "arp[6:2] = 1 and not ether broadcast",
  "icmp[icmptype] = icmp-echo and greater 100",
  "vlan 10 and arp",
  "tcp portrange 80-443 or udp port 53",
  "ip6 protochain 6",
  "not (net 192.168.0.0/16 or ip[8] < 5)",
];

describe.skipIf(!hasLibpcap)(`libpcap${hasLibpcap ? "" : " (skipped: apt-get install libpcap0.8)"}`, () => {
  needs({ commands: ["tcpdump"] }).describe("against tcpdump", () => {
    test.each(EXPRESSIONS)("%s: the program that tcpdump prints", (expression) => {
      for (const flags of [[], ["-O"]]) {
        const printed = execFileSync("tcpdump", [...flags, "-ddd", "-y", "EN10MB", expression], { encoding: "utf8" });
        const [count, ...lines] = printed.trim().split("\n");
        const filter = compiled(expression, { optimize: flags.length === 0 });
        expect(filter.count).toBe(Number(count));
        const view = new DataView(filter.code.buffer);
        const ours = lines.map((_, i) => {
          const at = 8 * i;
          return `${view.getUint16(at, true)} ${view.getUint8(at + 2)} ${view.getUint8(at + 3)} ${view.getUint32(at + 4, true)}`;
        });
        expect(ours).toEqual(lines);
      }
    });
  });

  test("an empty expression matches every frame", () => {
    const filter = compiled("");
    expect(filter.count).toBe(1);
    expect(filter.program.run(new Uint8Array(1), 0, 1, 1)).toBe(262144);
  });

  test("a snap length is what a matching frame gives", () => {
    expect(compiled("", { snapLength: 96 }).program.run(new Uint8Array(1), 0, 1, 1)).toBe(96);
  });

  test.each([
    ["arp or", "syntax error"],
    ["port 99999", "illegal port number 99999 > 65535"],
    ["host 10.0.0.256", "10.0.0.256"],
    ["ip broadcast", "netmask not known, so 'ip broadcast' not supported"],
    ["arp\0 or icmp", "a filter expression cannot hold a NUL character"],
  ])("%j: libpcap's own message", (expression, message) => {
    const result = compileFilter(expression);
    expect(isFilterError(result) && result.error).toContain(message);
  });

  test("a netmask makes `ip broadcast` possible", () => {
    expect(compiled("ip broadcast", { netmask: 0xffffff00 }).count).toBeGreaterThan(1);
  });

  test("what only a live interface knows is an error for a file", () => {
    expect(compiled("inbound").program.asksKernel).toBe(true);
    for (const expression of ["inbound", "ifindex 3"])
      expect(compileFilter(expression, { file: true })).toMatchObject({ error: expect.stringContaining("savefiles") });
    expect(compiled("vlan 10 and arp", { file: true }).code).toEqual(compiled("vlan 10 and arp").code);
    expect(compiled("arp", { file: true, snapLength: 524_288 }).program.run(ARP, 0, 14, 14)).toBe(524_288);
  });

  needs({ netns: true }).test(
    "for an interface, the kernel is asked for tags; where it cannot be, they are in the bytes",
    () => {
      using lab = Lab.pair();
      const { namespace } = lab.ve0;
      const compile = (expression: string) => namespace.kernel.run(() => compiled(expression, { interface: "ve0" }));
      expect(compile("vlan 10")).toMatchObject({ kernel: true, program: { asksKernel: true } });
      expect(compile("arp").code).toEqual(compiled("arp").code);
      expect(compile("ip6 protochain 6 and vlan 10")).toMatchObject({ kernel: false, program: { asksKernel: false } });
      lab.ve0.down();
      expect(compile("vlan 10")).toMatchObject({ kernel: false, program: { asksKernel: false } });
      expect(compiled("vlan 10", { interface: "nobody" }).kernel).toBe(false);
    },
  );

  test("says which programs the kernel cannot run", () => {
    expect(compiled("arp").kernel).toBe(true);
    expect(compiled("vlan 10 and arp").kernel).toBe(false);
    expect(compiled("ip6 protochain 6").kernel).toBe(false);
  });

  test("the word vlan is told from names that contain it", () => {
    for (const text of [
      "vlan",
      "vlan 10",
      "not vlan",
      "(vlan)",
      "arp or(vlan 3)",
      "!vlan",
      "arp&&vlan",
      "arp\tor\nvlan",
    ]) {
      expect(mentionsVlan(text)).toBe(true);
    }
    for (const text of ["", "arp", "host vlan-10.example", "host myvlan", "host vlan.example"]) {
      expect(mentionsVlan(text)).toBe(false);
    }
  });

  test("a tagged frame with its tag in place matches `vlan 10 and arp`, and not `arp`", () => {
    const frame = new Uint8Array(46);
    frame.set([0x81, 0x00, 0x00, 0x0a, 0x08, 0x06], 12);
    expect(compiled("vlan 10 and arp").program.matches(frame, 0, 46, 46)).toBe(true);
    expect(compiled("vlan 11 and arp").program.matches(frame, 0, 46, 46)).toBe(false);
    expect(compiled("arp").program.matches(frame, 0, 46, 46)).toBe(false);
  });

  test("the interpreter agrees with libpcap's on expressions and frames", () => {
    const filters = EXPRESSIONS.map((expression) => compiled(expression));
    fc.assert(
      fc.property(frame, (bytes) => {
        for (const { code, program } of filters) {
          expect(program.run(bytes, 0, bytes.length, bytes.length)).toBe(libpcapRun(code, bytes, bytes.length));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the interpreter agrees with libpcap's on programs that no compiler writes", () => {
    fc.assert(
      fc.property(
        fc.array(instruction, { minLength: 1, maxLength: 40 }),
        fc.uint8Array({ maxLength: 60 }),
        (list, bytes) => {
          const code = assemble(list);
          expect(new BpfProgram(code).run(bytes, 0, bytes.length, 77)).toBe(libpcapRun(code, bytes, 77));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

/** Frames that get beyond an expression's first test now and then. */
const frame = fc
  .tuple(
    fc.constantFrom([0x08, 0x06], [0x08, 0x00], [0x81, 0x00, 0, 10, 0x08, 0x06], [0x86, 0xdd]),
    fc.constantFrom(
      [],
      [0x45, 0, 0, 84, 0, 1, 0, 0, 64, 1],
      [0x46, 0, 0, 84, 0, 1, 0, 0, 4, 6],
      [0, 1, 8, 0, 6, 4, 0, 1],
    ),
    fc.uint8Array({ maxLength: 60 }),
    fc.nat(90),
  )
  .map(([type, head, rest, cut]) => Uint8Array.from([...Array(12).fill(2), ...type, ...head, ...rest]).slice(0, cut));

const ARITHMETIC = [
  0x04, 0x14, 0x24, 0x44, 0x54, 0xa4, 0x0c, 0x1c, 0x2c, 0x3c, 0x9c, 0x4c, 0x5c, 0xac, 0x6c, 0x7c, 0x84,
];
const LOADS = [0x00, 0x01, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0x80, 0x81, 0x07, 0x87];
const JUMPS = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];
const value = fc.oneof(fc.nat(64), u32, fc.integer({ min: 0xfffff000, max: 0xffffffff }));

/** Only what libpcap's interpreter, which trusts its programs, bears. */
const instruction = fc.oneof(
  fc.tuple(fc.constantFrom(...ARITHMETIC), fc.constant(0), fc.constant(0), value),
  fc.tuple(fc.constantFrom(0x34, 0x94), fc.constant(0), fc.constant(0), fc.integer({ min: 1, max: 0xffffffff })),
  fc.tuple(fc.constantFrom(0x64, 0x74), fc.constant(0), fc.constant(0), fc.nat(31)),
  fc.tuple(fc.constantFrom(...LOADS), fc.constant(0), fc.constant(0), value),
  fc.tuple(fc.constantFrom(0x60, 0x61, 0x02, 0x03), fc.constant(0), fc.constant(0), fc.nat(15)),
  fc.tuple(fc.constantFrom(...JUMPS), u8, u8, value),
);

/** Zeros memory first (libpcap leaves it as it was), returns A + X, and keeps jumps inside. */
function assemble(list: [number, number, number, number][]): Uint8Array {
  const stores = Array.from({ length: 16 }, (_, k) => [0x02, 0, 0, k] as const);
  const all = [...stores, ...list, [0x0c, 0, 0, 0] as const, [0x16, 0, 0, 0] as const];
  const code = new Uint8Array(all.length * 8);
  const view = new DataView(code.buffer);
  all.forEach(([op, jt, jf, k], i) => {
    const left = all.length - 1 - i;
    view.setUint16(8 * i, op, true);
    view.setUint8(8 * i + 2, left === 0 ? 0 : jt % left);
    view.setUint8(8 * i + 3, left === 0 ? 0 : jf % left);
    view.setUint32(8 * i + 4, k, true);
  });
  return code;
}

const bpfFilter = hasLibpcap
  ? koffi.load("libpcap.so.0.8").func("uint bpf_filter(const void *pc, const void *p, uint wirelen, uint buflen)")
  : null;

function libpcapRun(code: Uint8Array, frame: Uint8Array, originalLength: number): number {
  // A length of 0 would mean something else to libpcap, and an empty array has no address.
  const bytes = frame.length === 0 ? new Uint8Array(1) : frame;
  return bpfFilter?.(code, bytes, originalLength, frame.length) as number;
}
