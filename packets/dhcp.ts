/**
 * Dynamic Host Configuration Protocol (RFC 2131, RFC 2132) and the Bootstrap Protocol that it grew from (RFC 951), in
 * parts. `check` is for the header; options are walked with `OptionCursor`.
 */
export * from "./dhcp-header.ts";
export * from "./dhcp-message.ts";
export * from "./dhcp-options.ts";
