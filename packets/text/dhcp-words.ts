/** tcpdump's words for DHCP's options, and how it prints the data of each. */
import { type Literal, literal } from "./writer.ts";

/** How an option's data is printed. */
export const Format = {
  /** Single bytes in decimal with dots between. */
  Bytes: 0,
  /** IPv4 addresses with commas between. */
  Addresses: 1,
  /** Pairs of them: `(a:b)`. */
  AddressPairs: 2,
  /** 32 bits each, unsigned. */
  Longs: 3,
  /** 32 bits each, signed. */
  SignedLongs: 4,
  /** 16 bits each. */
  Shorts: 5,
  /** Text in quotation marks. */
  Text: 6,
  /** One byte each: N, Y, or a number with a question mark. */
  Flags: 7,
  /** In a way of its own. */
  Special: 8,
  /** An option without a word: bytes, shorts or longs as its length has it. */
  Unknown: 9,
} as const;
export type Format = (typeof Format)[keyof typeof Format];

const FORMATS: Readonly<Record<string, Format>> = {
  b: Format.Bytes,
  i: Format.Addresses,
  p: Format.AddressPairs,
  l: Format.Longs,
  L: Format.SignedLongs,
  s: Format.Shorts,
  a: Format.Text,
  B: Format.Flags,
  $: Format.Special,
};

/** Code of the first option, and from there on a word for each; its first letter is the format. */
const OPTIONS = [
  [0, "bPAD iSubnet-Mask LTime-Zone iDefault-Gateway iTime-Server iIEN-Name-Server iDomain-Name-Server iLOG iCS"],
  [9, "iLPR-Server iIM iRL aHostname sBS aDP aDomain-Name iSS aRP aEP BIPF BSRT pPF sRSZ bTTL lMTU-Timeout sMTU-Table"],
  [
    26,
    "sMTU BLSN iBR BMD BMS BRouter-Discovery iRSA pStatic-Route BUT lAT BIE bTT lKI BKG aYD iYS iNTP bVendor-Option",
  ],
  [44, "iNetbios-Name-Server iWDD $Netbios-Node aNetbios-Scope iXFS iXDM iRequested-IP lLease-Time $OO bDHCP-Message"],
  [54, "iServer-ID bParameter-Request aMSG sMSZ lRN lRB aVendor-Class $Client-ID"],
  [
    64,
    "sN+D iN+S aTFTP aBF iMH iSMTP iPOP3 iNNTP iWWW iFG iIRC iSTS iSTDA $User-Class bSLP-DA bSLP-SCOPE aSLP-NA $FQDN",
  ],
  [82, "$Agent-Information bARMT"],
  [88, "aTZSTR bFQDNS bAUTH LLast-Transaction-Time iAssociated-IP sARCH bNDI aLDAP"],
  [97, "bGUID aUAP"],
  [100, "aPOSIX-TZ aTZ-Name"],
  [112, "iNI aNITAG aURL"],
  [116, "BNOAUTO sNSSEARCH iSUBNET"],
  [121, "$Classless-Static-Route"],
  [150, "iTFTP-Server-Address"],
  [161, "aMUD-URL"],
  [249, "$Classless-Static-Route-Microsoft"],
  [255, "bEND"],
] as const;

const UNKNOWN = literal("Unknown");
const names: Literal[] = Array.from({ length: 256 }, () => UNKNOWN);
const formats = new Uint8Array(256).fill(Format.Unknown);
for (const [first, words] of OPTIONS) {
  for (const [i, word] of words.split(" ").entries()) {
    names[first + i] = literal(word.slice(1));
    formats[first + i] = FORMATS[word[0]!]!;
  }
}

/** The option's word, or `Unknown`. */
export function optionWord(code: number): Literal {
  return names[code]!;
}

export function optionFormat(code: number): Format {
  return formats[code] as Format;
}

/** By the value of the option MessageType. */
export const MESSAGES: readonly (string | undefined)[] = [
  ...[undefined, "Discover", "Offer", "Request", "Decline", "ACK", "NACK", "Release", "Inform", undefined],
  ...["LeaseQuery", "LeaseUnassigned", "LeaseUnknown", "LeaseActive"],
];

/** Hardware types of client identifiers. */
export const HARDWARE: Readonly<Record<number, string>> = {
  1: "ether",
  6: "ieee802",
  7: "arcnet",
  15: "frelay",
  23: "strip",
  24: "ieee1394",
};

/** Fields that hold options as well. */
export const OVERLOADS: Readonly<Record<number, string>> = { 1: "file", 2: "sname", 3: "file+sname" };

/** NetBIOS node types (RFC 2132, 8.7). */
export const NODES: Readonly<Record<number, string>> = { 1: "b-node", 2: "p-node", 4: "m-node", 8: "h-node" };

/** Suboptions that a relay adds (RFC 3046, RFC 3993). */
export const AGENT_SUBOPTIONS: Readonly<Record<number, string>> = {
  1: "Circuit-ID",
  2: "Remote-ID",
  6: "Subscriber-ID",
};
