import { readMessage } from "../../ledger/read-body.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { costWords } from "../../reports/price-words.ts";
import { roles } from "../../policy/roles.ts";
import { money, plural } from "../../text.ts";
import type { Part } from "../../tui/session/screen.ts";
import { notEnforced, sandboxFacts } from "../../views/evidence.ts";
import { latest, ofType } from "../../views/run.ts";
import { foldSpend } from "../../views/spend.ts";
import type { News } from "../../workflows/chat/person.ts";
import { keysHelp, slashCommands } from "./commands.ts";

const lines = (...texts: readonly string[]): Part => ({ kind: "lines", lines: texts });

/** What can be typed. */
export function helpPart(): Part {
  const shown = slashCommands.map(({ name, takes, about }) => [`/${name}${takes ? ` ${takes}` : ""}`, about] as const);
  const width = Math.max(...shown.map(([name]) => name.length));
  return lines(...shown.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`), "", ...keysHelp);
}

/** What the session has used so far. */
export function costPart(events: readonly Recorded[], usdNano: number | null): Part {
  const spend = foldSpend(events);
  const budget = latest(events, "budget.changed")?.usdNano ?? latest(events, "run.started")?.limits.usdNano ?? usdNano;
  return lines(
    `${costWords(events)}${budget === null ? "" : ` of ${money(budget)}`}: ${plural(spend.turns, "reply", "replies")} of the model`,
    `${spend.inputTokens} tokens read, ${spend.cachedTokens} of them from its cache; ${spend.outputTokens} written`,
  );
}

/** What the model may do, and what contains it. */
export function permissionsPart(events: readonly Recorded[]): Part {
  const opened = ofType(events, "sandbox.opened").findLast(({ purpose }) => purpose === "chat");
  const facts = sandboxFacts(events);
  const inPlace = ofType(events, "effect.done").some(({ effect }) => effect === "in-place");
  const lacking = notEnforced(events);
  const { hosts = [], masked = [] } = opened ?? {};
  return lines(
    `tools      ${roles.chat.tools.join(", ")}; nothing else is carried out`,
    `files      a private copy of your files; ${inPlace ? "its changes go into yours after each turn, as you agreed" : "yours change only by /apply, after you said yes"}`,
    facts
      ? `sandbox    ${facts.level}, by ${facts.backends.join(", ")}${lacking.length > 0 ? `; not enforced on this machine: ${lacking.join(", ")}` : ""}`
      : "sandbox    opened with your first words; claw doctor sandbox tells what it can do here",
    `network    ${hosts.length > 0 ? `only ${hosts.join(", ")}` : "none"}`,
    ...(masked.length > 0 ? [`hidden     ${masked.join(", ")}: commands find them empty`] : []),
    "outside    nothing is pushed, published or sent; your keys and tokens are where no command sees them",
  );
}

/** What came of a wish. */
export function newsParts(news: News): readonly Part[] {
  switch (news.kind) {
    case "turn": {
      const { how, detail, limit, changed, inPlace } = news;
      const notes: Part[] = [];
      if (how === "interrupted") notes.push({ kind: "note", mark: "!", text: "stopped; what was said so far is kept" });
      if (how === "over-budget") notes.push({ kind: "note", mark: "!", text: `${detail}\n${roomFor(limit)}` });
      if (how === "stuck")
        notes.push({ kind: "note", mark: "!", text: `the model goes in circles: ${detail}\n${otherWay}` });
      if (changed) {
        const shown = changed.files.slice(0, 4).join(", ");
        const more = changed.files.length > 4 ? ` and ${changed.files.length - 4} more` : "";
        notes.push({
          kind: "note",
          mark: "·",
          text: `changed ${shown}${more}: +${changed.added} −${changed.deleted}   /diff shows it, ${inPlace ? "" : "/apply takes it over, "}/undo takes it back`,
        });
      }
      return notes;
    }
    case "failed":
      return [{ kind: "note", mark: "✗", text: `${news.message}\n${news.hint}` }];
    case "diff":
      return news.patch === ""
        ? [{ kind: "note", mark: "·", text: "the session has changed nothing" }]
        : [{ kind: "patch", patch: news.patch }];
    case "done":
      return [{ kind: "note", mark: "✓", text: news.text }];
    case "refused":
      return [{ kind: "note", mark: "!", text: news.text }];
  }
}

const otherWay = "say what it should try instead; /model <name> has another model do it";

/** What a person can do about a limit that was reached. */
function roomFor(limit: Extract<News, { kind: "turn" }>["limit"]): string {
  switch (limit) {
    case "run":
      return "raise it with /budget <dollars>, then /retry";
    case "context":
      return "/model <name> takes one that reads more, /compact shortens what it reads, then /retry; /new begins anew";
    case "turns":
    case "tokens":
      return `begin anew with /new, or with more: claw chat --max-${limit} <n>`;
    default:
      return "budgets of days and repositories are in config.yaml and claw.yaml; /model <name> takes a cheaper one, then /retry";
  }
}

/** Messages of an earlier session that are shown again. */
const RECALLED = 8;

/** The end of what was said before, for whoever goes on with a session. */
export async function pastParts(ledger: Ledger, events: readonly Recorded[]): Promise<readonly Part[]> {
  const spoken = events.filter(
    (event) =>
      (event.type === "message.added" && event.about === "person") ||
      (event.type === "model.replied" && event.purpose === undefined),
  );
  const parts: Part[] = [];
  for (const event of spoken.slice(-RECALLED)) {
    if (event.type !== "message.added" && event.type !== "model.replied") continue;
    const message = readMessage(await ledger.text(event.message));
    if (!("text" in message) || message.text.trim() === "") continue;
    parts.push({ kind: message.role === "user" ? "person" : "model", text: message.text });
  }
  const left = spoken.length - Math.min(spoken.length, RECALLED);
  return left > 0
    ? [{ kind: "note", mark: "·", text: `${plural(left, "earlier message")}: claw log` }, ...parts]
    : parts;
}
