import { WorkspaceError } from "../../errors.ts";
import { converse } from "../../agent/converse.ts";
import { roles } from "../../policy/roles.ts";
import { configFilesToRead, detectSuite, planFromCommand, type Tree } from "../../suite/detect.ts";
import { failureText } from "../../suite/failure-text.ts";
import { brokenBecause, type SuitePlan } from "../../suite/suite.ts";
import { duration } from "../../text.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import { workspaceFor } from "../checkouts.ts";
import { checkMayPropose, roleRoom } from "../role-for.ts";
import { openRoom } from "../sandboxes.ts";
import { runSuite, type SuiteRun } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { agentFor } from "./agent-for.ts";
import { environmentText } from "./context.ts";
import type { Baseline, FixInput } from "./input.ts";
import type { Setup } from "./setup.ts";

/** Candidates of the detection that are tried before a model is asked. */
const TRIES = 2;

/** Finds the command that runs the tests and runs it on the base. Failures there are recorded; only new ones count later. */
export async function baseline(desk: WorkDesk, input: FixInput, setup: Setup): Promise<Baseline> {
  const tree = await suiteTree(desk);
  const said = input.testCommand
    ? planFromCommand(input.testCommand, "--test-command", tree)
    : desk.manifest.test.command
      ? planFromCommand(desk.manifest.test.command, "claw.yaml", tree)
      : null;
  if (said) {
    const { run, plan } = await tryPlan(desk, said, setup, input);
    return usable(run, plan, input) ?? refuse(run, plan, input);
  }

  let last: { run: SuiteRun; plan: SuitePlan } | null = null;
  for (const detected of detectSuite(tree).slice(0, TRIES)) {
    const { run, plan } = await tryPlan(desk, detected, setup, input);
    const found = usable(run, plan, input);
    if (found) return found;
    if (run.fact.killed) refuse(run, plan, input);
    last = { run, plan };
  }
  const proposed = await propose(desk, input, setup, tree);
  if (proposed) return proposed;
  if (last) return refuse(last.run, last.plan, input);
  throw new WorkspaceError(
    "no tests were found in this repository",
    'say how they are run: --test-command "…", or test.command in claw.yaml',
  );
}

/** The repository as the suite's rules see it: names, and the few files they ask for. */
export async function suiteTree({ clone }: Pick<WorkDesk, "clone">): Promise<Tree> {
  const files = (await clone.list(clone.base.tree)).map(({ path }) => path);
  const wanted = configFilesToRead(files);
  const texts = new Map(
    await Promise.all(
      wanted.map(async (path) => [path, (await clone.read(clone.base.tree, path))?.toString("utf8")] as const),
    ),
  );
  return { files, read: (path) => texts.get(path) };
}

/** A suite that says nothing for so long is taken to have met a test that never ends. */
const SILENCE_MS = 30_000;

/** Runs a plan on the base. For the search, a suite in which a test never ends is run once more, with such tests stopped. */
async function tryPlan(
  desk: WorkDesk,
  plan: SuitePlan,
  { dependencies }: Setup,
  { engine }: FixInput,
): Promise<{ run: SuiteRun; plan: SuitePlan }> {
  const planned = { type: "suite.planned", runner: plan.runner, command: plan.shell, source: plan.source } as const;
  await desk.log.append(planned);
  const request = { purpose: "baseline", tree: desk.clone.base.tree, files: [] };
  const watched = engine === "search" && plan.runner !== "generic";
  const first = { ...request, ...(watched && { silenceMs: SILENCE_MS }) };
  const run = await runSuite(desk, { plan, dependencies }, first);
  if (!watched || run.fact.killed !== "timeout") return { plan, run };
  const stopping = { ...plan, hangs: true };
  await desk.log.append({ ...planned, hangs: true });
  return { plan: stopping, run: await runSuite(desk, { plan: stopping, dependencies }, request) };
}

/** Why a suite is of no use, in one clause; null when it is. */
function uselessBecause({ fact, result }: SuiteRun, { repro }: FixInput): string | null {
  if (fact.verdict === "broken") return brokenBecause(result);
  // Every file failing to load is a broken set-up, not a suite with bugs.
  if (result.structured && fact.passed === 0 && result.tests.every(({ loadError }) => loadError))
    return failureText(result, 300).replaceAll("\n", " ");
  // Where only the exit code speaks, and it says "failed" already, no new failure could ever be seen.
  if (!result.structured && fact.verdict === "red" && repro === null)
    return `it fails on the base (exit code ${result.exitCode}), and its single tests cannot be told apart`;
  return null;
}

function usable(run: SuiteRun, plan: SuitePlan, input: FixInput): Baseline | null {
  const { fact } = run;
  if (fact.verdict === "broken" || uselessBecause(run, input) !== null) return null;
  return {
    plan: { ...plan, leftOut: [...plan.leftOut], flags: [...plan.flags] },
    verdict: fact.verdict,
    ran: fact.seq,
  };
}

function refuse(run: SuiteRun, plan: SuitePlan, input: FixInput): never {
  const { fact } = run;
  if (fact.killed === "timeout") {
    throw new WorkspaceError(
      `the test suite (${plan.shell}) did not end within ${duration(fact.ms)}`,
      "give it more time with test.timeoutSeconds in claw.yaml, or a quicker command with --test-command",
    );
  }
  if (fact.killed === "idle") {
    throw new WorkspaceError(
      `the test suite (${plan.shell}) did nothing for too long: no output, and no processor used`,
      "give it more time with test.idleSeconds in claw.yaml, or name a command that ends: --test-command",
    );
  }
  throw new WorkspaceError(
    `the test suite (${plan.shell}, from ${plan.source}) cannot be judged: ${uselessBecause(run, input)}`,
    'see its output with claw log, or say how tests are run: --test-command "…"',
  );
}

/** Asks a model, in the sandbox, how the tests are run, and believes it only after running the command. */
async function propose(desk: WorkDesk, input: FixInput, setup: Setup, tree: Tree): Promise<Baseline | null> {
  if (!desk.hasModel) return null;
  await checkMayPropose(desk);
  const base = desk.clone.base.tree;
  const dir = await workspaceFor(desk, "propose", base);
  const room = await openRoom(desk, {
    purpose: "propose",
    dir,
    tree: base,
    dependencies: setup.dependencies,
    ...(await roleRoom(desk, roles.propose)),
  });
  let found: Baseline | null = null;
  try {
    const finish = async ({ outcome, summary, testCommands }: FinishRequest): Promise<FinishAnswer> => {
      const [command] = testCommands;
      if (outcome === "blocked") return { accepted: true, detail: summary };
      if (!command) return { accepted: false, message: "not accepted: test_commands is empty" };
      const { run, plan } = await tryPlan(desk, planFromCommand(command, "proposed by the model", tree), setup, input);
      found = usable(run, plan, input);
      if (found) return { accepted: true, detail: command };
      return {
        accepted: false,
        message: `not accepted: in a clean checkout, ${uselessBecause(run, input)}\n${failureText(run.result)}`,
      };
    };
    const agent = await agentFor(desk, roles.propose, { sandbox: room.sandbox, finish, dir });
    await converse({ id: "propose", slots: { environment: environmentText(desk, null) } }, agent, desk.signal);
  } finally {
    await room.close();
  }
  return found;
}
