/** Impairments: what netem does, around any link. */
export { ImpairedLink, type ImpairedLinkOptions } from "./link.ts";
export type { PathStats } from "./path.ts";
export type * from "./settings.ts";
export { formatImpairment, parseImpairments } from "./text.ts";
export type { ImpairmentClock } from "./way.ts";
