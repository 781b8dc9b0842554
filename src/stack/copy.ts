/** The links' own way to copy frames. */
export { FrameCopier } from "../link/copy.ts";
