/** claim over any host. */
export { type ClaimRun, startClaim } from "./claim.ts";
export type { ClaimIo, ClaimToolOptions } from "./options.ts";
