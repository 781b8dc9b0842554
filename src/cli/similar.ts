/** What somebody may have meant who mistyped a name. */

/** The known name with the fewest letters wrong, missing, too many or swapped, three at most; null if none is near. */
export function similar(name: string, known: readonly string[]): string | null {
  const limit = Math.min(3, Math.floor(name.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const one of known) {
    const steps = distance(name, one);
    if (steps < least) [best, least] = [one, steps];
  }
  return best;
}

/** Damerau's distance (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let steps = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) steps = Math.min(steps, before[j - 2]! + 1);
      next.push(steps);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
