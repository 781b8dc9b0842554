/** Protocols of lines of text over TCP: their first line, or with -v all lines, as long as they are printable. */
import type { Dissection } from "./dissection.ts";
import { type Literal, literal } from "./writer.ts";

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;
const FIRST_LINE = literal(": ");
const NEXT_LINE = literal("\n\t");
/** A longer word is neither a request nor a response. */
const MAX_TOKEN = 127;

export interface TextProtocol {
  /** For ` [|http]`, and in capitals for the line. */
  readonly cut: Literal;
  readonly name: Literal;
  /** Words that requests begin with; responses have a number of three digits second. Null if every line counts. */
  readonly requests: ReadonlySet<string> | null;
}

function protocol(name: string, requests: string | null = null): TextProtocol {
  const words = requests === null ? null : new Set(requests.split(" "));
  return { cut: literal(name), name: literal(`: ${name.toUpperCase()}`), requests: words };
}

export const FTP = protocol("ftp");
export const SMTP = protocol("smtp");
export const WHOIS = protocol("whois");
/** RFC 9110, 9.3; WebDAV (RFC 4918, 9) and its relatives. */
export const HTTP = protocol(
  "http",
  "GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE NOTIFY " +
    "BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH UNCHECKOUT " +
    "MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL",
);
/** RFC 2326, 10. */
export const RTSP = protocol(
  "rtsp",
  "DESCRIBE ANNOUNCE GET_PARAMETER OPTIONS PAUSE PLAY RECORD REDIRECT SETUP SET_PARAMETER TEARDOWN",
);

/** `length` bytes of a conversation in text. @returns false if the captured bytes end within what is printed. */
export function printTextProtocol(d: Dissection, at: number, length: number, kind: TextProtocol): boolean {
  d.protocol = kind.cut;
  const { out } = d;
  out.put(kind.name);
  const stop = at + length;
  if (kind.requests !== null && !isBeginning(d, at, stop, kind.requests)) return true;
  if (d.verbose === 0) return printLine(d, FIRST_LINE, at, stop) !== CUT;
  out.ascii(`, length: ${length}`);
  let next = at;
  while (next < stop && next >= 0) next = printLine(d, NEXT_LINE, next, stop);
  return next !== CUT;
}

/** Nothing printable follows; or the captured bytes end. */
const LAST = -1;
const CUT = -2;

/** One line without its end; one that has none is marked as cut. @returns where the next begins, or one of the two. */
function printLine(d: Dissection, before: Literal, at: number, stop: number): number {
  const { buf } = d;
  for (let i = at; i < stop; i++) {
    if (!d.has(i, 1)) return CUT;
    const byte = buf[i]!;
    if (byte === LINE_FEED) return put(d, before, at, i, i + 1);
    if (byte === RETURN) {
      if (i + 1 >= stop) return LAST;
      if (!d.has(i + 1, 1)) return CUT;
      return buf[i + 1] === LINE_FEED ? put(d, before, at, i, i + 2) : LAST;
    }
    if (!isPrintable(byte) && byte !== TAB) return LAST;
  }
  put(d, before, at, stop, LAST);
  d.truncated();
  return LAST;
}

function put(d: Dissection, before: Literal, at: number, end: number, next: number): number {
  d.out.put(before);
  d.out.raw(d.buf.subarray(at, end));
  return next;
}

function isPrintable(byte: number): boolean {
  return byte >= SPACE && byte < 0x7f;
}

/** True if the segment begins a request or a response, and is no continuation of one. */
function isBeginning(d: Dissection, at: number, stop: number, requests: ReadonlySet<string>): boolean {
  const { buf } = d;
  const first = tokenEnd(d, at, stop);
  if (first < 0) return false;
  if (requests.has(String.fromCharCode(...buf.subarray(at, first)).toUpperCase())) return true;
  let second = first;
  // Blanks only: a tab ends the search.
  while (second < stop && d.has(second, 1) && buf[second] === SPACE) second++;
  const end = tokenEnd(d, second, stop);
  if (end - second !== 3) return false;
  for (let i = second; i < end; i++) if (buf[i]! < 0x30 || buf[i]! > 0x39) return false;
  return true;
}

/** Where the word at `at` ends, or -1 if there is none that could be a request's or a response's. */
function tokenEnd(d: Dissection, at: number, stop: number): number {
  let i = at;
  for (; i < stop; i++) {
    if (!d.has(i, 1) || i - at > MAX_TOKEN) return -1;
    const byte = d.buf[i]!;
    if (byte === SPACE || byte === TAB || byte === RETURN || byte === LINE_FEED) break;
    if (!isPrintable(byte)) return -1;
  }
  return i === at || i - at > MAX_TOKEN ? -1 : i;
}
