/** Waits until a condition holds, looking again at every turn of the event loop; fails after `limitMs`. */
export async function until(condition: () => boolean, limitMs = 5000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Polls a link that is woken by calls until a condition holds. It never yields, so no test's time limit would end it:
 * this one's own does.
 */
export function pollUntil(link: { wait(ms: number): boolean; poll(): number }, condition: () => boolean): void {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`polled 5 s in vain for: ${condition}`);
    if (link.wait(100)) link.poll();
  }
}
