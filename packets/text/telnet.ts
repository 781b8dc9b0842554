/** Telnet's commands (RFC 854) and options, where a segment begins with them. */
import type { Dissection } from "./dissection.ts";
import { literal } from "./writer.ts";

const PROTOCOL = literal("telnet");
/** Interpret as command. */
const IAC = 255;
const SUBNEGOTIATION = 250;
const END_OF_SUBNEGOTIATION = 240;
const FIRST_COMMAND = 236;
const COMMANDS = "EOF SUSP ABORT EOR SE NOP DMARK BRK IP AO AYT EC EL GA SB WILL WONT DO DONT IAC".split(" ");

const OPTIONS = [
  ..."BINARY,ECHO,RCP,SUPPRESS GO AHEAD,NAME,STATUS,TIMING MARK,RCTE,NAOL,NAOP,NAOCRD,NAOHTS,NAOHTD".split(","),
  ..."NAOFFD,NAOVTS,NAOVTD,NAOLFD,EXTEND ASCII,LOGOUT,BYTE MACRO,DATA ENTRY TERMINAL,SUPDUP".split(","),
  ..."SUPDUP OUTPUT,SEND LOCATION,TERMINAL TYPE,END OF RECORD,TACACS UID,OUTPUT MARKING,TTYLOC".split(","),
  ..."3270 REGIME,X.3 PAD,NAWS,TSPEED,LFLOW,LINEMODE,XDISPLOC,OLD-ENVIRON,AUTHENTICATION".split(","),
  ..."ENCRYPT,NEW-ENVIRON".split(","),
];
const OPTION_AUTHENTICATION = 37;
const OPTION_ENCRYPT = 38;

/** What the first bytes of a subnegotiation mean, by option; an empty word is a number without one. */
const QUALIFIERS = "IS SEND INFO".split(" ");
const AUTHENTICATION = [
  "IS SEND REPLY NAME".split(" "),
  "NULL,KERBEROS_V4,KERBEROS_V5,SPX,MINK,SRP,RSA,SSL,,,LOKI,SSA,KEA_SJ,KEA_SJ_INTEG,DSS,NTLM".split(","),
];
const ENCRYPTION = [
  "IS SUPPORT REPLY START END REQUEST-START REQUEST-END END_KEYID DEC_KEYID".split(" "),
  "NULL,DES_CFB64,DES_OFB64,DES3_CFB64,DES3_OFB64,,CAST5_40_CFB64,CAST5_40_OFB64,CAST128_CFB64,CAST128_OFB64".split(
    ",",
  ),
];

/** `length` bytes. @returns false if the captured bytes end within. */
export function printTelnet(d: Dissection, at: number, length: number): boolean {
  d.protocol = PROTOCOL;
  const { buf, out } = d;
  const stop = at + length;
  let i = at;
  if (!d.has(i, 1)) return false;
  while (i < stop && buf[i] === IAC) {
    const end = commandEnd(d, i, stop);
    if (end === CUT) return false;
    if (end === NONE) break;
    out.ascii(i === at ? " [telnet " : ", ");
    printCommand(d, i, end);
    i = end;
    if (i > stop || (i < stop && !d.has(i, 1))) return false;
  }
  if (i > at) out.ascii("]");
  return true;
}

const NONE = -1;
const CUT = -2;

/** Where the command at `at` ends, {@link NONE} if it does not in this segment, or {@link CUT}. */
function commandEnd(d: Dissection, at: number, stop: number): number {
  const { buf } = d;
  if (at + 1 >= stop) return NONE;
  if (!d.has(at + 1, 1)) return CUT;
  const command = buf[at + 1]!;
  if (command < FIRST_COMMAND) return NONE;
  if (command < SUBNEGOTIATION || command === IAC) return at + 2;
  if (at + 2 >= stop) return NONE;
  if (!d.has(at + 2, 1)) return CUT;
  if (command !== SUBNEGOTIATION) return at + 3;
  let i = at + 3;
  for (; i + 1 < stop; i++) {
    if (!d.has(i, 2)) return CUT;
    if (buf[i] === IAC && buf[i + 1] === END_OF_SUBNEGOTIATION) return i + 2;
  }
  if (!d.has(i, 1)) return CUT;
  // A last IAC without what makes it an end is taken for one, which then lies beyond the segment.
  return buf[i] === IAC ? i + 2 : NONE;
}

function printCommand(d: Dissection, at: number, end: number): void {
  const { buf, out } = d;
  const command = buf[at + 1]!;
  if (command === IAC) {
    out.ascii("IAC IAC");
    return;
  }
  out.ascii(COMMANDS[command - FIRST_COMMAND]!);
  if (command < SUBNEGOTIATION) return;
  const option = buf[at + 2]!;
  out.ascii(` ${OPTIONS[option] ?? hexNumber(option)}`);
  if (command !== SUBNEGOTIATION) return;
  const words =
    option === OPTION_AUTHENTICATION ? AUTHENTICATION : option === OPTION_ENCRYPT ? ENCRYPTION : [QUALIFIERS];
  for (let i = at + 3; i < end - 2; i++) {
    const word = words[i - at - 3]?.[buf[i]!] ?? "";
    out.ascii(` ${word === "" ? hexNumber(buf[i]!) : word}`);
  }
  out.ascii(" SE");
}

function hexNumber(value: number): string {
  return value === 0 ? "0" : `0x${value.toString(16)}`;
}
