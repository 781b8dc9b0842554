/** Capture files: reading and writing pcap and pcapng. */
export { BATCH_CAPACITY, RecordBatch } from "./batch.ts";
export type { FrameNote, InterfaceSettings, SectionSettings } from "./encoder.ts";
export { CaptureDirection, type CaptureError, LINKTYPE_ETHERNET, linkTypeName, RecordFlag } from "./format.ts";
export type { CaptureInterface, CaptureSection, CaptureStatistics } from "./info.ts";
export { CaptureReader, isCaptureError, openCapture, readerOf } from "./reader.ts";
export { createRotation, type RotatingCapture, type Rotation } from "./rotation.ts";
export { FileSink, GzipSink, MemorySink, openSink, type Sink, type SinkError, type WriteFailure } from "./sink.ts";
export type { ByteSource } from "./source.ts";
export {
  type CaptureFormat,
  type CaptureWriteError,
  CaptureWriter,
  createCapture,
  type FrameSource,
  type FrameWriter,
  formatOf,
  isWriteError,
  type WriterSettings,
} from "./writer.ts";
