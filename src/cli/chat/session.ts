import type { Recorded } from "../../ledger/events.ts";
import { ClawError, exitCodes, machineFailure } from "../../errors.ts";
import type { App } from "../../app.ts";
import { headline, plural, printable } from "../../text.ts";
import type { Part, SessionScreen } from "../../tui/session/screen.ts";
import type { InPlace } from "../../workflows/chat/in-place.ts";
import type { FinishedRun, Watch } from "../../workflows/start.ts";
import type { CommandDesk } from "../command.ts";
import { watchRun } from "../watch-run.ts";
import { notTaken, tellAnswer } from "./answer-once.ts";
import { readRun, resolveRun } from "../run-id.ts";
import { scrubbedProgress } from "../scrubbed.ts";
import { attending } from "./attendance.ts";
import { sessionLimits } from "./limits.ts";
import type { Attendance, Errands } from "./slashes.ts";
import { earlierSessions, openScreen } from "./open-screen.ts";
import { pastParts } from "./tellings.ts";
import { latest } from "../../views/run.ts";

/** How a session is begun. */
export interface SessionWish {
  /** The first words; empty when they are still to be typed. */
  readonly words: string;
  /** An earlier session to go on with. */
  readonly resume: string | null;
  readonly model: string | undefined;
  readonly budgetUsd: number | undefined;
  readonly maxTokens: number | undefined;
  readonly maxTurns: number | undefined;
  /** Plain lines: nothing is drawn twice. */
  readonly plain: boolean;
  /** Its changes go into the person's files as they come. */
  readonly inPlace: InPlace | undefined;
}

/** A session at a terminal, and those that it is left for. Gives the exit code. */
export async function attendSession(desk: CommandDesk, wish: SessionWish): Promise<number> {
  const app = await desk.app();
  const limits = sessionLimits(wish, app.config.user, true);
  const state: Attendance = {
    model: wish.model ?? app.config.model ?? app.config.user.model,
    usdNano: limits.usdNano,
    events: [],
    wanted: wish.resume,
    afresh: false,
  };
  const screen = await openScreen(desk, app, {
    plain: wish.plain,
    inPlace: wish.inPlace !== undefined,
    model: state.model ?? "",
    usdNano: state.usdNano,
  });
  let finished: FinishedRun | null = null;
  try {
    const person = attending({ screen, state, errands: errandsAt(desk, app, screen, state) });
    let words = wish.words;
    if (words !== "") screen.show({ kind: "person", text: words });
    else if (state.model === undefined && Object.keys(app.config.user.endpoints).length === 0)
      screen.show({ kind: "note", mark: "!", text: noModel });
    for (;;) {
      const resume = state.wanted;
      state.wanted = null;
      state.afresh = false;
      state.events = [];
      if (resume === null) {
        const first = words === "" ? await person.first(desk.signal) : null;
        if (words === "" && first === null && state.wanted === null) return 0;
        if (state.wanted !== null) continue;
        words = words === "" ? (first?.kind === "say" ? first.text : "") : words;
      }
      const opening = words;
      words = "";
      const past = resume === null ? [] : (await readRun(await app.ledger(), resume)).events;
      const watch = watchOf(desk, app, screen, { state, past });
      try {
        finished =
          resume === null
            ? await begin(app, desk, { ...wish, model: state.model, opening, limits, state }, { ...watch, person })
            : await goOn(app, screen, { run: resume, past }, { ...watch, person });
      } catch (thrown) {
        const error = machineFailure(thrown) ?? thrown;
        if (desk.signal.aborted || !(error instanceof ClawError) || state.events.length > 0) throw error;
        screen.busy(null);
        screen.show({ kind: "note", mark: "✗", text: `${error.message}\n${error.hint}` });
        screen.refill(opening);
        continue;
      }
      if ((state.wanted === null && !state.afresh) || finished.outcome !== "done") break;
      leaveBehind(screen, finished.run, state);
    }
  } finally {
    await screen.end();
  }
  return tellEnd(desk, finished, state);
}

/** Said before anything is typed that nobody could answer. */
const noModel =
  "no model is configured: set OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a server of your own (claw init, claw doctor)";

interface Beginning extends SessionWish {
  readonly opening: string;
  readonly limits: ReturnType<typeof sessionLimits>;
  readonly state: Attendance;
}

/** The run of a session begins with its first words: who types nothing leaves nothing behind. */
async function begin(app: App, desk: CommandDesk, wish: Beginning, watch: Watch): Promise<FinishedRun> {
  const { chat: workflow } = await import("../../workflows/chat/chat.ts");
  const { opening, limits, model, maxTokens, state, inPlace } = wish;
  return app.start({
    ...watch,
    ...(opening !== "" && watch.person && { person: saying(opening, watch.person) }),
    workflow,
    cwd: desk.cwd,
    baseRef: undefined,
    model,
    limits: { ...limits, usdNano: state.usdNano },
    tokenCap: (maxTokens ?? app.config.user.budget.tokens) !== undefined,
    input: () => ({ title: headline(opening, 90), ...(inPlace && { inPlace }) }),
  });
}

/** The same person, whose first words are known. */
function saying(text: string, person: NonNullable<Watch["person"]>): NonNullable<Watch["person"]> {
  let said = false;
  return {
    ...person,
    next(signal) {
      if (said) return person.next(signal);
      said = true;
      return Promise.resolve({ kind: "say", text });
    },
  };
}

interface Earlier {
  readonly run: string;
  readonly past: readonly Recorded[];
}

async function goOn(app: App, screen: SessionScreen, { run, past }: Earlier, watch: Watch): Promise<FinishedRun> {
  for (const part of await pastParts(await app.ledger(), past)) screen.show(part);
  return app.resume(run, watch);
}

/** What streams by is scrubbed before anybody sees it. */
function watchOf(
  desk: CommandDesk,
  app: App,
  screen: SessionScreen,
  { state, past }: { readonly state: Attendance; readonly past: readonly Recorded[] },
): Watch {
  const shown = scrubbedProgress(
    {
      onStart: () => {},
      onEvent(event) {
        state.events.push(event);
        screen.onEvent(event);
      },
      onDelta: (delta) => screen.onDelta(delta),
      onOutput: (chunk) => screen.onOutput(chunk),
      aside: (talk) => talk(),
      end: () => Promise.resolve(),
    },
    app.secrets.scrub,
  );
  return {
    ...shown,
    onStart(run) {
      state.events = [...past];
      screen.onStart(run, past);
    },
    onCall: (call) => screen.onCall(call),
    confirm: (question, signal, patch) => screen.ask(question, signal, patch),
    signal: desk.signal,
  };
}

function errandsAt(desk: CommandDesk, app: App, screen: SessionScreen, state: Attendance): Errands {
  return {
    async fix(words, signal) {
      const stop = new AbortController();
      screen.busy(() => stop.abort(new Error("a person stopped the run")));
      const print = (text: string): void => screen.show({ kind: "lines", lines: text.split("\n") });
      const terminal = { ...desk.terminal, stdin: false, stdout: false, stderr: false, colour: false };
      const within = { ...desk, out: print, err: print, terminal, signal: AbortSignal.any([signal, stop.signal]) };
      try {
        const { program } = await import("../program.ts");
        const model = state.model === undefined ? [] : ["--model", state.model];
        const argv = ["fix", "--no-pr", ...model, "--", words];
        const root = await program(argv, within, { version: app.version, done: () => {} });
        await root.parseAsync(argv, { from: "user" });
      } finally {
        screen.busy(null);
      }
    },
    async sessions(): Promise<Part> {
      const earlier = await earlierSessions(app);
      if (earlier.length === 0) return { kind: "note", mark: "·", text: "there are no earlier sessions" };
      const shown = earlier.map(({ text, about }) => `  ${text}  ${about}`);
      return { kind: "lines", lines: ["go on with one: /resume <run>", ...shown] };
    },
    session: async (prefix) => resolveRun(await app.ledger(), prefix),
  };
}

/** Another session follows: what this one leaves behind is said, and forgotten here. */
function leaveBehind(screen: SessionScreen, run: string, state: Attendance): void {
  const changed = notTaken(state.events)?.files ?? 0;
  const kept =
    changed > 0 ? `; ${plural(changed, "changed file")} not taken over: claw diff ${run}; claw apply ${run}` : "";
  screen.show({ kind: "note", mark: changed > 0 ? "!" : "·", text: `back to this session: /resume ${run}${kept}` });
  state.model = latest(state.events, "model.chosen")?.choice ?? state.model;
  state.events = [];
  screen.onStart("", []);
}

/** The last lines, which stay on the terminal. */
function tellEnd(desk: CommandDesk, finished: FinishedRun | null, { events }: Attendance): number {
  if (!finished) return 0;
  const { run, outcome, reason, hint } = finished;
  const changed = notTaken(events)?.files ?? 0;
  if (outcome !== "done") desk.err(printable(`claw: ${reason}\n  ${hint}`));
  else desk.err(`go on later: claw resume ${run}`);
  if (changed > 0) desk.err(`${plural(changed, "changed file")} not taken over: claw diff ${run}; claw apply ${run}`);
  return exitCodes[outcome];
}

/** Without a terminal, the turn that broke off is finished, and its answer printed. */
export async function finishSession(desk: CommandDesk, run: string, json: boolean): Promise<number> {
  const tell = (finished: FinishedRun): Promise<void> => tellAnswer(desk, finished);
  return watchRun(desk, { json, yes: true, tell }, (app, watch) => app.resume(run, watch));
}
