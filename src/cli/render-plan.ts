import { headline, money, printable } from "../text.ts";
import type { FixPlan } from "../workflows/plan-fix.ts";
import type { Issue } from "./issue.ts";

/** The plan of a fix for people. */
export function renderPlan(plan: FixPlan, { source, text }: Issue): string {
  const { limits, tests } = plan;
  const ceiling = limits.usdNano === null ? "no limit in money" : `at most ${money(limits.usdNano)}`;
  const price = plan.priced ? ceiling : `${ceiling}, but the price of this model is not known: the other limits count`;
  const rows = [
    ["issue", `${headline(printable(text).replace(/^[#\s>*-]+/, ""), 80)} (${source})`],
    ["repository", plan.repository],
    ["base", plan.base],
    ["model", plan.model],
    ["tests", tests ? `${tests.shell} (${tests.runner}, from ${tests.source})` : "not found: a model would be asked"],
    ["packages", plan.dependencies],
    ["price", price],
    [
      "limits",
      `${limits.turns} turns, ${limits.tokens} tokens, ${Math.round(limits.wallMs / 6000) / 10} min, ${limits.attempts} attempts`,
    ],
    ...plan.notes.map((note) => ["note", note]),
  ];
  return [
    "Nothing was started. claw fix would begin with:",
    ...rows.map(([name = "", said = ""]) => `  ${name.padEnd(10)} ${printable(said)}`),
  ].join("\n");
}
