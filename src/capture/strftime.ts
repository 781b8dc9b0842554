/**
 * Names of files that hold their time: strftime(3) in the C locale, for local time. Conversions that it does not know stay
 * as they are, as in glibc.
 */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** Conversions that stand for others. */
const COMPOSED: Readonly<Record<string, string>> = {
  c: "%a %b %e %H:%M:%S %Y",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  r: "%I:%M:%S %p",
  R: "%H:%M",
  T: "%H:%M:%S",
  x: "%m/%d/%y",
  X: "%H:%M:%S",
};

/** Replaces each `%` conversion of `format`. @param time Unix time in whole seconds. */
export function strftime(format: string, time: number): string {
  const date = new Date(time * 1000);
  return format.replace(/%([A-Za-z%])/g, (whole, letter: string) => convert(letter, date, time) ?? whole);
}

function convert(letter: string, date: Date, time: number): string | null {
  const composed = COMPOSED[letter];
  if (composed !== undefined) return strftime(composed, time);
  const year = date.getFullYear();
  const hour = date.getHours();
  switch (letter) {
    case "a":
      return DAYS[date.getDay()]!.slice(0, 3);
    case "A":
      return DAYS[date.getDay()]!;
    case "b":
    case "h":
      return MONTHS[date.getMonth()]!.slice(0, 3);
    case "B":
      return MONTHS[date.getMonth()]!;
    case "C":
      return digits(Math.floor(year / 100));
    case "d":
      return digits(date.getDate());
    case "e":
      return digits(date.getDate(), 2, " ");
    case "g":
      return digits(isoWeek(date).year % 100);
    case "G":
      return String(isoWeek(date).year);
    case "H":
      return digits(hour);
    case "I":
      return digits(hour % 12 || 12);
    case "j":
      return digits(dayOfYear(date) + 1, 3);
    case "k":
      return digits(hour, 2, " ");
    case "l":
      return digits(hour % 12 || 12, 2, " ");
    case "m":
      return digits(date.getMonth() + 1);
    case "M":
      return digits(date.getMinutes());
    case "n":
      return "\n";
    case "p":
      return hour < 12 ? "AM" : "PM";
    case "P":
      return hour < 12 ? "am" : "pm";
    case "s":
      return String(time);
    case "S":
      return digits(date.getSeconds());
    case "t":
      return "\t";
    case "u":
      return String(date.getDay() || 7);
    case "U":
      return digits(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7));
    case "V":
      return digits(isoWeek(date).week);
    case "w":
      return String(date.getDay());
    case "W":
      return digits(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7));
    case "y":
      return digits(year % 100);
    case "Y":
      return String(year);
    case "z":
      return offset(date);
    case "%":
      return "%";
    default:
      return null;
  }
}

function digits(value: number, width = 2, fill = "0"): string {
  return String(value).padStart(width, fill);
}

/** Days since January 1st; whatever the clock does in spring and autumn. */
function dayOfYear(date: Date): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000);
}

/** ISO 8601: a week begins on Monday and belongs to the year that has its Thursday. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  const thursday = day + (3 - ((date.getDay() + 6) % 7)) * 86_400_000;
  const year = new Date(thursday).getUTCFullYear();
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) + 1 };
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}${digits(size % 60)}`;
}
