/** A simulated segment with hosts of our own. */
export type { HourReport, SimulationCounters, SimulationOptions, SimulationReport } from "./options.ts";
export { simulate, simulateHours } from "./simulate.ts";
