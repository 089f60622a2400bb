import { money, plural, printableLine } from "../text.ts";
import type { CostRow, CostTotal } from "../views/costs.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";

/** "$0.42", "at least $0.42" where something has no price, "unpriced" where nothing has. */
const rowMoney = ({ nano, unpriced }: Pick<CostRow, "nano" | "unpriced">): string =>
  unpriced ? (nano === 0 ? "unpriced" : `at least ${money(nano)}`) : money(nano);

/** A table of costs under its heading. */
export function renderCosts(heading: string, rows: readonly CostRow[], style: Style): string {
  const cells = rows.map((row) => [
    printableLine(row.name),
    String(row.runs),
    rowMoney(row),
    String(row.inputTokens),
    String(row.outputTokens),
  ]);
  const head = [heading, "runs", "cost", "tokens read", "written"];
  const number = { side: "right" } as const;
  const [first = "", ...lines] = tableLines([head, ...cells], [{}, number, number, number, number]);
  return [style.faint(first), ...lines].join("\n");
}

/** "$4.20 in 12 runs; 5 of 9 fixes proven, $0.84 for each". */
export function renderTotal(total: CostTotal): string {
  const each = total.nanoPerProven === null ? "" : `, ${money(total.nanoPerProven)} for each, failed ones included`;
  const fixes =
    total.fixes === 0 ? "" : `; ${total.proven} of ${plural(total.fixes, "fix").replace(/xs$/, "xes")} proven${each}`;
  return `${rowMoney(total)} in ${plural(total.runs, "run")}${fixes}`;
}
