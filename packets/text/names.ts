/** Words for numbers, and for the bits of a number. */

/** Words by number; a number without one stays visible as its table's user says. */
export type Names<T = string> = Readonly<Record<number, T>>;

/** A bit, or several, and the word for it, in the order in which they are printed. */
export type FlagNames = readonly (readonly [bits: number, name: string])[];

/** The words for the bits that are set, commas between; `none` if no bit has one. */
export function flagNames(table: FlagNames, value: number, none = "none"): string {
  let text = "";
  for (const [bits, name] of table) {
    if ((value & bits) !== bits) continue;
    text += text === "" ? name : `, ${name}`;
  }
  return text === "" ? none : text;
}

/** Hexadecimal digits, at least `digits`. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
