/**
 * Domain Name System (RFC 1035) and Multicast DNS (RFC 6762), in parts. `check` is for the header; the entries are walked
 * with `RecordCursor`, and names read with `readName`.
 */
export * from "./dns-header.ts";
export * from "./dns-message.ts";
export * from "./dns-name.ts";
export * from "./dns-record.ts";
export * from "./dns-types.ts";
