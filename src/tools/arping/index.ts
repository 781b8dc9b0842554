/** arping over any link. */
export { type ArpingRun, startArping } from "./arping.ts";
export { type ArpingIo, type ArpingOptions, checkArpingOptions } from "./options.ts";
