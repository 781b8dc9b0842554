/** What a capture file says beside its frames, carried over when it is written again; and counters of a live one. */
import type {
  CaptureInterface,
  CaptureReader,
  CaptureStatistics,
  FrameNote,
  FrameWriter,
  InterfaceSettings,
  RecordBatch,
} from "../../capture/index.ts";
import type { Link } from "../../link/link.ts";

/** Describes those interfaces of the file to the writer that it does not know yet, in the same order. */
export function copyInterfaces(reader: CaptureReader, writer: FrameWriter): void {
  while (writer.interfaces < reader.interfaces.length) {
    writer.addInterface(settingsOf(reader.interfaces[writer.interfaces]!));
  }
}

function settingsOf({ name, description, mac, os, filter, comments }: CaptureInterface): InterfaceSettings {
  return {
    name,
    comments,
    ...(description === "" ? {} : { description }),
    ...(mac === null ? {} : { mac }),
    ...(os === "" ? {} : { os }),
    ...(filter === "" ? {} : { filter }),
  };
}

/** A record's comments and its number, for the few that have any. */
export function copiedNote(batch: RecordBatch, i: number): FrameNote | undefined {
  if (!batch.hasNotes(i)) return undefined;
  const packetId = batch.packetId(i);
  const isExact = packetId !== null && packetId <= BigInt(Number.MAX_SAFE_INTEGER);
  return { comments: batch.comments(i), ...(isExact ? { packetId: Number(packetId) } : {}) };
}

/** Names and counters, which stand at the end. @param seconds the last frame's Unix time. */
export function copyEnd(reader: CaptureReader, writer: FrameWriter, seconds: number): void {
  if (reader.names.size > 0) writer.addNames(reader.names);
  reader.interfaces.forEach(({ statistics }, i) => {
    if (statistics !== null) writer.addStatistics(i, statistics, seconds);
  });
}

/** An interface's counters as a capture records them. */
export function statisticsOf(link: Link): Partial<CaptureStatistics> {
  const { rxFrames, rxDropped } = link.stats();
  return { received: rxFrames + rxDropped, dropped: rxDropped };
}
