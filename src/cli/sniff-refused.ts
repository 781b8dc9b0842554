/** tcpdump's options that sniff does not take: each is refused by its name, with why, and none is ignored. */
import { type Command, Option } from "commander";
import { UserError } from "../linux/errors.ts";

/** Flags as commander reads them, and why not. */
const REFUSED: readonly (readonly [flags: string, why: string])[] = [
  ["-b", "it changes how BGP is shown, which is not decoded here"],
  ["-E <secret>", "ESP is not decrypted here"],
  ["-H", "802.11s is not decoded here"],
  ["-I, --monitor-mode", "only Ethernets are looked at here"],
  ["--time-stamp-type <type>", "time stamps are the kernel's, the type `host`"],
  ["-J, --list-time-stamp-types", "time stamps are the kernel's, the type `host`"],
  ["-m <module>", "SNMP is not decoded here"],
  ["-M <secret>", "TCP's MD5 signatures are not checked here"],
  ["-T <type>", "payload is told by its ports here"],
  ["-u", "NFS is not decoded here"],
  ["-V <file>", "one file is read at a time: give it with -r"],
  ["-Z, --relinquish-privileges <user>", "it stays the user that started it"],
];

/** Declares them on `command`, unseen in its help. */
export function refuse(command: Command): void {
  for (const [flags, why] of REFUSED) {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new UserError(`tcpdump's option ${option.short ?? option.long} is not taken: ${why}`);
    });
  }
}
