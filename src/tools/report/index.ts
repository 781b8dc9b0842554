/** What a whole capture says, as an object, as text, as a page, and as a drawing. */
export { diagramSvg } from "./diagram-svg.ts";
export { diagramText } from "./diagram-text.ts";
export { reportHtml } from "./html.ts";
export type * from "./model.ts";
export { type ReportOptions, reportOn } from "./reporter.ts";
export { reportText, type TextSettings } from "./text.ts";
