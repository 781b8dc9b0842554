/** ICMP messages in words, near tcpdump's: the longest phrase that fits counts. */
import { ParameterProblemCode, RedirectCode, TimeExceededCode, Type, UnreachableCode } from "../../packets/icmp.ts";

export interface IcmpWord {
  readonly type: number;
  /** Absent if a script has to say it, or may leave it open. */
  readonly code?: number;
}

const UNREACHABLE: Readonly<Record<string, number>> = {
  net: UnreachableCode.Network,
  host: UnreachableCode.Host,
  protocol: UnreachableCode.Protocol,
  port: UnreachableCode.Port,
  "need to frag": 4,
  "source route failed": 5,
  "net unknown": 6,
  "host unknown": 7,
  "source isolated": 8,
  "net prohibited": 9,
  "host prohibited": 10,
  "net tos": 11,
  "host tos": 12,
  "admin prohibited": 13,
  "precedence violation": 14,
  "precedence cutoff": 15,
};

export const ICMP_WORDS: Readonly<Record<string, IcmpWord>> = {
  "echo request": { type: Type.EchoRequest, code: 0 },
  "echo reply": { type: Type.EchoReply, code: 0 },
  ...Object.fromEntries(
    Object.entries(UNREACHABLE).map(([word, code]) => [
      `unreachable ${word}`,
      { type: Type.DestinationUnreachable, code },
    ]),
  ),
  unreachable: { type: Type.DestinationUnreachable },
  "source quench": { type: Type.SourceQuench, code: 0 },
  "redirect net": { type: Type.Redirect, code: RedirectCode.Network },
  "redirect host": { type: Type.Redirect, code: RedirectCode.Host },
  "redirect tos net": { type: Type.Redirect, code: RedirectCode.TosAndNetwork },
  "redirect tos host": { type: Type.Redirect, code: RedirectCode.TosAndHost },
  redirect: { type: Type.Redirect },
  "router advertisement": { type: Type.RouterAdvertisement, code: 0 },
  "router solicitation": { type: Type.RouterSolicitation, code: 0 },
  "time exceeded in transit": { type: Type.TimeExceeded, code: TimeExceededCode.InTransit },
  "time exceeded reassembly": { type: Type.TimeExceeded, code: TimeExceededCode.Reassembly },
  "time exceeded": { type: Type.TimeExceeded },
  "parameter problem": { type: Type.ParameterProblem, code: ParameterProblemCode.Pointer },
  "timestamp request": { type: Type.TimestampRequest, code: 0 },
  "timestamp reply": { type: Type.TimestampReply, code: 0 },
  "mask request": { type: Type.AddressMaskRequest, code: 0 },
  "mask reply": { type: Type.AddressMaskReply, code: 0 },
};

/** Most words in a phrase. */
export const LONGEST = Math.max(...Object.keys(ICMP_WORDS).map((phrase) => phrase.split(" ").length));
