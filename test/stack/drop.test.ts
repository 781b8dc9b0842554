import { expect, test } from "vitest";
import { DROP_COUNT, Drop, dropName, dropText } from "../../src/stack/drop.ts";

test("every reason has a number of its own, a name and words", () => {
  const reasons = Object.values(Drop);
  expect(reasons).toEqual(Array.from({ length: DROP_COUNT }, (_, i) => i));
  expect(new Set(reasons.map(dropName)).size).toBe(DROP_COUNT);
  expect(new Set(reasons.map(dropText)).size).toBe(DROP_COUNT);
  expect(dropName(Drop.IpChecksum)).toBe("ip-checksum");
  expect(dropText(Drop.OwnMac)).toBe("our own frame came back");
  expect(dropText(Drop.IpGroupFrame)).toBe("unicast address in a broadcast frame");
  expect(dropName(99)).toBe("drop-99");
});
