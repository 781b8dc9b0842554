/** answer over any host. */
export { type AnswerRun, startAnswer } from "./answer.ts";
export type { AnswerIo, AnswerToolOptions } from "./options.ts";
