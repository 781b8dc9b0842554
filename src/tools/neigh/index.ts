/** The neighbour table of a host of ours, as `ip neigh` shows the kernel's. */
export { type NeighbourEntry, type NeighbourShow, neighbourEntries, neighbourJson, neighbourText } from "./neigh.ts";
