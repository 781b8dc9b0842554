import { describe, expect, test } from "vitest";
import { explainRefusal } from "../../src/linux/privilege.ts";

/** A machine with these settings and no others. */
const machine =
  (settings: Record<string, string> = {}) =>
  (name: string) =>
    settings[name] ?? null;

describe("why an ordinary user cannot build a lab", () => {
  test.each([
    ["kernel.unprivileged_userns_clone", "0", /sysctl -w kernel\.unprivileged_userns_clone=1/],
    ["user.max_user_namespaces", "0", /sysctl -w user\.max_user_namespaces/],
    ["user.max_net_namespaces", "0", /sysctl -w user\.max_net_namespaces/],
    ["kernel.apparmor_restrict_unprivileged_userns", "1", /apparmor/],
  ])("%s=%s is named, with its fix", (name, value, fix) => {
    const verdict = explainRefusal("unshare: unshare failed: Operation not permitted", machine({ [name]: value }));
    expect(verdict).toMatchObject({
      ok: false,
      reason: expect.stringContaining(name),
      fix: expect.stringMatching(fix),
    });
  });

  test("a missing ip is told apart", () => {
    const verdict = explainRefusal("unshare: failed to execute ip: No such file or directory", machine());
    expect(verdict).toMatchObject({ fix: "install it with `apt-get install iproute2`" });
  });

  test("an unknown reason shows what unshare said", () => {
    const verdict = explainRefusal("unshare: unshare failed: No space left on device\n", machine());
    expect(verdict).toMatchObject({ reason: expect.stringContaining("No space left on device"), fix: "run as root" });
  });
});
