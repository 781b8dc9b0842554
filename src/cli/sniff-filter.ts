/** `sniff`'s filter: what its expression is compiled for, and the program shown instead of run. */
import { formatAssembler, formatC, formatDecimal } from "../../packets/text/bpf.ts";
import { UserError } from "../linux/errors.ts";
import type { Filter, FilterOptions } from "../linux/libpcap.ts";

/** Compiles the expression for a file, for one interface of the namespace that the thread is in, or for any Ethernet. */
export type FilterCompiler = (target?: Pick<FilterOptions, "interface" | "file" | "snapLength">) => Filter | null;

/**
 * Loads what compiles an expression.
 * @returns a function that throws a {@link UserError} with libpcap's own words; null is a filter that matches everything,
 * unless `evenEmpty` asks for a program all the same.
 */
export async function filterCompiler(
  expression: string,
  options: Pick<FilterOptions, "optimize" | "snapLength">,
  evenEmpty: boolean,
): Promise<FilterCompiler> {
  if (expression.trim() === "" && !evenEmpty) return () => null;
  const { compileFilter, isFilterError } = await import("../linux/libpcap.ts");
  return (target) => {
    // tcpdump's netmask, with which the addresses of `ip broadcast` are 0.0.0.0 and 255.255.255.255.
    const filter = compileFilter(expression, { netmask: 0, ...options, ...target });
    if (isFilterError(filter)) throw new UserError(`the filter "${expression}": ${filter.error}`);
    return filter;
  };
}

/** What `-d`, `-dd` and `-ddd` show. */
export function programText(level: number, filter: Filter | null): string {
  const code = filter?.code ?? new Uint8Array(0);
  return level > 2 ? formatDecimal(code) : level > 1 ? formatC(code) : formatAssembler(code);
}
