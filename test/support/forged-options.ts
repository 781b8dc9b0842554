/** IPv4 options as an attacker forges them: arbitrary bytes, known types with lengths and pointers that are nearly right, and sound ones. */
import fc from "fast-check";
import { OptionType } from "../../packets/ipv4-options.ts";

const byte = fc.nat(255);
/** Lengths and pointers that may be right, or wrong by little. */
const small = fc.oneof(fc.nat(12), fc.nat(45), byte);
const known = fc.constantFrom(...Object.values(OptionType));
/** Options as on the wire, a multiple of 4 bytes up to 40. */
export const forged = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(known, small, small, fc.array(fc.oneof(fc.nat(3), byte), { maxLength: 14 }))
          .map(([type, length, pointer, rest]) => [type, length, pointer, ...rest]),
      },
      // Sound ones, so that what lies behind the checks is reached as well.
      {
        weight: 3,
        arbitrary: fc
          .tuple(known, fc.nat(14), fc.nat(3))
          .map(([type, room, flag]) => [
            type,
            4 + room,
            type === OptionType.Timestamp ? 5 : 4,
            flag,
            ...new Array<number>(room).fill(0),
          ]),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(
            ...["10.0.1.2", "10.0.1.1", "10.0.3.2", "10.0.2.1", "255.255.255.255", "224.0.0.1", "127.0.0.1"],
          )
          .chain((text) => fc.constantFrom(131, 137).map((type) => [type, 7, 4, ...text.split(".").map(Number)])),
      },
      { weight: 1, arbitrary: fc.array(byte, { maxLength: 40 }) },
    ),
    { maxLength: 5 },
  )
  .map((parts) => Uint8Array.from(parts.flat().slice(0, 40)))
  .map((list) => list.slice(0, list.length & ~3));
