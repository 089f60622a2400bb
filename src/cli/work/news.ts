import type { PoolNews } from "../../fleet/pool.ts";
import { headline, plural, printableLine } from "../../text.ts";
import { bareTime, type Times } from "../../times.ts";
import type { Mark } from "../../views/timeline.ts";
import { paintMark, type Style } from "../style.ts";

/** What a pool tells, as one line for people. */
export function newsLine(
  news: PoolNews,
  at: number,
  { style, times }: { readonly style: Style; readonly times: Times },
): string {
  const [mark, text] = said(news, times);
  const task = "task" in news ? `${news.task}  ` : "";
  return `${style.faint(bareTime(at, times))} ${paintMark(style, mark)} ${task}${printableLine(text)}`;
}

function said(news: PoolNews, times: Times): readonly [Mark, string] {
  switch (news.kind) {
    case "began":
      return ["…", `${headline(news.title, 80)}${news.tries > 0 ? ` (try ${news.tries + 1})` : ""}`];
    case "run":
      return ["·", `run ${news.run}`];
    case "lost":
      return ["!", `${plural(news.jobs, "job")} of a worker that is gone: taken over`];
    case "gate":
      return ["!", news.state === "open" ? "goes on" : `${news.state} by ${news.by}: claw queue resume opens it again`];
    case "renewed":
      return [
        "·",
        `begins anew: ${news.why === "idle" ? "nothing to do for a while" : "its memory has grown too large"}`,
      ];
    case "ended":
      return ended(news, times);
  }
}

const good: ReadonlySet<string> = new Set(["proven", "done", "nothing"]);

function ended(
  { outcome, reason, next, at, hint }: Extract<PoolNews, { kind: "ended" }>,
  times: Times,
): readonly [Mark, string] {
  const text = `${outcome}: ${headline(reason, 160)}`;
  if (next === "again")
    return ["!", `${text}; again ${at === null || at <= Date.now() ? "soon" : `at ${bareTime(at, times)}`}`];
  if (next === "bury") return ["✗", `${text}; given up: claw dlq list`];
  if (next === "lost") return ["!", `${text}; another process has it`];
  return [good.has(outcome) ? "✓" : "✗", hint === "" || good.has(outcome) ? text : `${text} (${headline(hint, 120)})`];
}
