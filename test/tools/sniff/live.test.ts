import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { MemorySink } from "../../../src/capture/index.ts";
import { Lab } from "../../../src/lab/lab.ts";
import { closingLines, sniff } from "../../../src/tools/sniff/index.ts";
import { needs } from "../../support/privilege.ts";
import { until } from "../../support/until.ts";

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

/** Everything that a child wrote, as far as it has. */
function collect(stream: NodeJS.ReadableStream | null): { text: string } {
  const all = { text: "" };
  stream?.on("data", (piece: Buffer) => {
    all.text += piece.toString();
  });
  return all;
}

needs({ netns: true, commands: ["tcpdump", "ping"] }).describe("on a real wire", () => {
  needs({ netns: true, root: true, commands: ["tcpdump", "ping"] }).test(
    "shows what tcpdump shows, beside it",
    async () => {
      using pair = Lab.pair();
      const { ve0, ve1 } = pair;
      ve0.addAddress("10.0.0.1/24");
      ve1.addAddress("10.0.0.2/24");
      const args = ["-Z", "root", "-n", "-e", "-t", "-l", "-v", "-i", ve1.name];
      const tcpdump = ve1.namespace.spawn("tcpdump", args, { stdio: ["ignore", "pipe", "pipe"] });
      const theirs = collect(tcpdump.stdout);
      const messages = collect(tcpdump.stderr);
      await until(() => messages.text.includes("listening on"));

      const link = ve1.openLink({ outgoing: true });
      const sink = new MemorySink();
      const text = { timestamp: "none", linkHeader: true, verbose: 1 } as const;
      const sniffing = sniff(link, { text }, { out: sink, isTerminal: true });
      const ping = (...more: string[]) => ve0.namespace.spawn("ping", ["-c", "1", ...more], { stdio: "ignore" });
      await exited(ping("10.0.0.2"));
      await exited(ping("-s", "2000", "10.0.0.2"));
      await exited(ping("-W", "1", "10.0.0.77"));
      // A request and reply, an echo and reply, two fragments each way, a request that nobody answers.
      await until(() => sniffing.counters().captured >= 9);
      await until(() => theirs.text.includes("10.0.0.77"));
      tcpdump.kill("SIGINT");
      await exited(tcpdump);
      sniffing.stop();
      const result = await sniffing.done;
      link.close();

      // The kernel may check its neighbours at any moment: what both saw is compared. Interrupted, tcpdump ends its line.
      const ours = Buffer.from(sink.bytes).toString().trimEnd().split("\n");
      const lines = theirs.text.trimEnd().split("\n");
      const both = Math.min(ours.length, lines.length);
      expect(ours.slice(0, both)).toEqual(lines.slice(0, both));
      expect(ours.slice(0, both).join("\n")).toContain("ICMP echo reply");
      expect(ours.slice(0, both).join("\n")).toContain("who-has 10.0.0.77");
      expect(closingLines(result)).toMatch(
        /^\d+ packets captured\n\d+ packets received by filter\n0 packets dropped by kernel\n$/,
      );
    },
  );
});
