/** A router for a lab. */
export { type RouterIo, type RouterRun, type RouterToolOptions, startRouter } from "./router.ts";
