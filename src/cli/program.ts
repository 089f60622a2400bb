import { Command as Commander } from "commander";
import { type Command, type CommandDesk, helpColumns } from "./command.ts";
import { helpText } from "./help-text.ts";
import { addStoreOption } from "./store-option.ts";
import { isTopic, topicNames } from "./topics/names.ts";

type Entry = readonly [name: string, about: string, load: () => Promise<Command>];

/** The menu. Only the chosen command's module is loaded, so `claw --help` never pays for the rest. */
const menu: readonly Entry[] = [
  [
    "fix",
    "Fix an issue: reproduce it with a test, patch it, prove the patch",
    async () => (await import("./commands/fix.ts")).fix,
  ],
  [
    "chat",
    "Work with a model, turn by turn, in a private copy of the repository",
    async () => (await import("./commands/chat.ts")).chat,
  ],
  [
    "triage",
    "Say why tests fail: regression, flaky, timeout, infrastructure, by executing them again",
    async () => (await import("./commands/triage.ts")).triage,
  ],
  ["task", "Keep wanted work: add, list, link and close tasks", async () => (await import("./commands/task.ts")).task],
  [
    "enqueue",
    "Add tasks from lines of JSON, as other programs write them",
    async () => (await import("./commands/enqueue.ts")).enqueue,
  ],
  ["work", "Work on tasks that are ready, several at once", async () => (await import("./commands/work.ts")).work],
  ["queue", "Say how the queue stands, pause and drain it", async () => (await import("./commands/queue.ts")).queue],
  ["dlq", "Look at work that was given up, and try it again", async () => (await import("./commands/dlq.ts")).dlq],
  ["serve", "Serve tasks, runs and decisions over HTTP", async () => (await import("./commands/serve.ts")).serve],
  [
    "nightly",
    "Work through what is wanted until the morning, and tell what came of it",
    async () => (await import("./commands/nightly.ts")).nightly,
  ],
  [
    "schedule",
    "Add tasks by the clock, on a person's word",
    async () => (await import("./commands/schedule.ts")).schedule,
  ],
  [
    "flow",
    "Do several steps, each a run of its own, as a file says",
    async () => (await import("./commands/flow.ts")).flow,
  ],
  ["fleet", "Share one ledger and one queue among machines", async () => (await import("./commands/fleet.ts")).fleet],
  ["resume", "Continue an interrupted or waiting run", async () => (await import("./commands/resume.ts")).resume],
  ["runs", "List runs, newest first", async () => (await import("./commands/runs.ts")).runs],
  ["show", "Show what a run did, its proof and its cost", async () => (await import("./commands/show.ts")).show],
  ["why", "Tell the chain of facts that led to how a run ended", async () => (await import("./commands/why.ts")).why],
  ["tree", "Print a run with the runs it started", async () => (await import("./commands/tree.ts")).tree],
  ["log", "Print a run's events", async () => (await import("./commands/log.ts")).log],
  ["diff", "Print a run's change", async () => (await import("./commands/diff.ts")).diff],
  ["apply", "Apply a run's change to the working tree", async () => (await import("./commands/apply.ts")).apply],
  [
    "publish",
    "Open one draft pull request for a proven run",
    async () => (await import("./commands/publish.ts")).publish,
  ],
  [
    "outcomes",
    "Ask the forge what became of claw's pull requests",
    async () => (await import("./commands/outcomes.ts")).outcomes,
  ],
  [
    "approve",
    "Allow a waiting run to go on, as a named person",
    async () => (await import("./commands/approve.ts")).approve,
  ],
  ["reject", "End a waiting run, as a named person", async () => (await import("./commands/reject.ts")).reject],
  [
    "replay",
    "Drive a run's sessions once more from its record, and compare",
    async () => (await import("./commands/replay.ts")).replay,
  ],
  [
    "prompts",
    "List, compare and approve the prompts that models are given",
    async () => (await import("./commands/prompts.ts")).prompts,
  ],
  [
    "diff-prompts",
    "Compare what models were told in two runs",
    async () => (await import("./commands/diff-prompts.ts")).diffPrompts,
  ],
  ["audit", "Check the record, and answer from it", async () => (await import("./commands/audit.ts")).audit],
  [
    "localise",
    "Rank the lines that a failing test points at",
    async () => (await import("./commands/localise.ts")).localise,
  ],
  [
    "demo",
    "Fix a bug in a small project made for it, without a model",
    async () => (await import("./commands/demo.ts")).demo,
  ],
  [
    "models",
    "List models, try a model server out, and say what to change about it",
    async () => (await import("./commands/models.ts")).models,
  ],
  [
    "cost",
    "Tell what runs cost, by day, repository, model and outcome, and what a proven fix costs",
    async () => (await import("./commands/cost.ts")).cost,
  ],
  [
    "stop",
    "Stop every run at once, and let none start until it is cleared",
    async () => (await import("./commands/stop.ts")).stop,
  ],
  ["sandbox", "Run a command exactly as a session would", async () => (await import("./commands/sandbox.ts")).sandbox],
  [
    "policy",
    "Say which rule decides, and what it would have decided",
    async () => (await import("./commands/policy.ts")).policy,
  ],
  ["roles", "Check role files", async () => (await import("./commands/roles.ts")).roles],
  [
    "init",
    "Write claw.yaml and config.yaml, with what this repository and machine have",
    async () => (await import("./commands/init.ts")).init,
  ],
  ["doctor", "Check this machine", async () => (await import("./commands/doctor.ts")).doctor],
  [
    "completion",
    "Print a script that completes what is typed in bash, zsh or fish",
    async () => (await import("./commands/completion.ts")).completion,
  ],
  ["version", "Print the version", async () => (await import("./commands/version.ts")).version],
];

const startHere = `Start with: claw fix ISSUE.md   (or: claw fix "what is wrong")
  More on one command: claw <command> --help
  More on: ${topicNames.map((name) => `claw help ${name}`).join(", ")}

Examples:
  claw demo
  claw fix ISSUE.md
  claw fix 123 --budget-usd 1
  claw triage
  claw show --follow`;

/** Flags that a session may begin with, where no command is named. */
const sessionFlags = ["--model", "--budget-usd", "--max-tokens", "--max-turns", "--screen-reader", "--in-place"];

/** The words as they are meant: alone at a terminal, or words that are no command's name, are a session. */
export function meantBy(argv: readonly string[], { stdin, stdout }: CommandDesk["terminal"]): readonly string[] {
  const [first, second] = argv;
  if (first === undefined) return stdin && stdout ? ["chat"] : ["--help"];
  // Help on what there is not is an unknown command: the general help would not say so.
  if (first === "help" && second !== undefined && !isHelpWord(second)) return argv.slice(1);
  const isSession =
    sessionFlags.some((flag) => first === flag || first.startsWith(`${flag}=`)) || /\S\s+\S/.test(first);
  return isSession ? ["chat", ...argv] : argv;
}

/** A word that is no command may have been meant for a model. */
function seeInstead([first = ""]: readonly string[]): string {
  const isSaid = /^\p{L}+$/u.test(first) && !menu.some(([name]) => name === first);
  return `  see: claw --help${isSaid ? `; to say it to a model: claw chat ${first}` : ""}`;
}

const isHelpWord = (word: string): boolean =>
  word.startsWith("-") || word === "help" || isTopic(word) || menu.some(([name]) => name === word);

/** The command line, with the chosen command loaded. */
export async function program(
  argv: readonly string[],
  desk: CommandDesk,
  options: {
    readonly version: string;
    readonly done: (exitCode: number) => void;
    /** Told which database --store names, before the command begins. */
    readonly store?: (address: string) => void;
    /** Every command is loaded, for what tells of all of them. */
    readonly all?: boolean;
  },
): Promise<Commander> {
  const root = new Commander("claw")
    .description("A governed coding-agent runner: it proves a fix instead of claiming it.")
    .version(options.version, "-V, --version", "Print the version")
    .helpOption("-h, --help", "Show help")
    .helpCommand("help [command]", "Show help on a command")
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      getOutHelpWidth: () => helpColumns(desk),
      getErrHelpWidth: () => helpColumns(desk),
      writeOut: (text) => desk.out(text.trimEnd()),
      writeErr: (text) => desk.err(text.trimEnd()),
      outputError: (text, print) =>
        print(text.replace(/^error: /, "claw: ").replace(/\n\(Did you mean (.*)\?\)/, "; did you mean $1?")),
    })
    .showHelpAfterError(seeInstead(argv))
    .addHelpText("after", `\n${helpText(startHere, helpColumns(desk))}`);
  for (const [name, about, load] of menu) {
    const child = root.command(name).description(about).showHelpAfterError(`  see: claw ${name} --help`);
    if (options.all || argv[0] === name || (argv[0] === "help" && argv[1] === name)) {
      (await load()).attach(child, desk, options.done);
      addStoreOption(child, desk, options.store ?? (() => {}));
    }
  }
  if (argv[0] === "help" && isTopic(argv[1])) {
    const { topicTexts } = await import("./topics/texts.ts");
    const text = topicTexts[argv[1]]();
    root.helpCommand(false);
    root.command("help <topic>", { hidden: true }).action(() => desk.out(helpText(text, helpColumns(desk))));
  }
  if (argv[0] === "complete") {
    const { attachComplete } = await import("./completion/complete.ts");
    attachComplete(root.command("complete", { hidden: true }), desk, (words) => program(words, desk, options));
  }
  return root;
}
