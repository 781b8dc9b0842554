/** Entries by their key, no more than `limit`: what comes later is left out, and counted. */
export class Table<V> {
  private readonly entries = new Map<string, V>();
  private readonly limit: number;
  /** How often an entry found no room. */
  leftOut = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The entry, made if there is room; else undefined. */
  get(key: string, make: () => V): V | undefined {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    if (this.entries.size >= this.limit) {
      this.leftOut++;
      return undefined;
    }
    const made = make();
    this.entries.set(key, made);
    return made;
  }

  values(): V[] {
    return [...this.entries.values()];
  }
}

/** Adds to a list that holds at most `limit`. */
export function pushBounded<T>(list: T[], value: T, limit: number): void {
  if (list.length < limit) list.push(value);
}
