/** answer over any host, or in a thread of its own. */
export { type AnswerRun, startAnswer } from "./answer.ts";
export type { AnswerIo, AnswerToolOptions, StaticNeighbour } from "./options.ts";
export type { AnswerCounters } from "./shared.ts";
export { type AnswerPlace, type AnswerThread, startAnswerThread } from "./thread.ts";
