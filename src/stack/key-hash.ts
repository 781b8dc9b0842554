/** A hash of keys that strangers choose. */

/**
 * 32 bits, the lowest as good as any. A product alone brings no bit down, so that keys that differ in their upper bits would
 * meet whatever the seed: each is followed by a shift.
 * @param seed 32 bits that strangers do not know: without them nobody can say which keys meet.
 */
export function hashKey(key: Int32Array, seed: number): number {
  let hash = seed;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key[i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
