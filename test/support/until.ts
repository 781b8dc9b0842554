/** Waits until a condition holds, looking again at every turn of the event loop; fails after `limitMs`. */
export async function until(condition: () => boolean, limitMs = 5000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
