import { userConfigSchema } from "../../config.ts";
import { exitCodes, type Outcome } from "../../errors.ts";
import { manifestSchema } from "../../policy/manifest.ts";
import type { Topic } from "./names.ts";
import { type SchemaNode, template } from "../init/template.ts";

/** What each outcome means to a person who sees it. */
const meanings: Readonly<Record<Outcome, string>> = {
  proven: "a test failed before the change, passes with it, and fails again without it",
  done: "what was asked for was done",
  usage: "wrong arguments, configuration or manifest; nothing was started",
  "not-reproduced": "no failing test could be shown on the base",
  "no-patch": "no change was produced, or the engine gave up",
  unproven: "there is a change, and its proof does not hold: it is kept, never published as a fix",
  blocked: "a gate or a policy refused, and is named",
  waiting: "a person has to approve; claw approve or claw reject goes on",
  "over-budget": "money, tokens, time, turns or calls were used up",
  stuck: "it went in circles and was stopped",
  "model-unavailable": "no credentials, an outage, or a rate limit past the deadline",
  "sandbox-unavailable": "no sandbox of the level that is required; see claw doctor sandbox",
  "forge-unavailable": "the forge refused, or did not answer; see claw doctor forge",
  workspace: "no repository, no tests that can be judged, or installing failed",
  infrastructure: "a full disk, a damaged ledger, a machine that refuses",
  regression: "claw triage: fails at head and not at base, or does not build",
  flaky: "claw triage: passes and fails at one commit",
  environment: "claw triage: the network, the disk, memory, a tool or the runner failed, not the code",
  timeout: "claw triage: runs out of its time",
  unknown: "claw triage: fails, and nothing tells why, or fails at base as well",
  interrupted: "Ctrl-C or a signal (143 for SIGTERM): the state is saved, claw resume goes on",
};

const outcomes = (): string =>
  [
    "Every run ends in one outcome, and nothing done is never 0. Scripts can rely on the exit codes:",
    "",
    ...Object.entries(exitCodes).map(
      ([outcome, code]) => `  ${String(code).padStart(3)}  ${outcome.padEnd(20)} ${meanings[outcome as Outcome]}`,
    ),
    "    1                       claw itself failed: a bug, with a trace to report",
    "",
    "Runs that wait, were interrupted or met an outage can be resumed: claw resume <run>",
  ].join("\n");

const sandbox =
  (): string => `Every command of a run, the test suite's and a model's alike, runs in a sandbox of its own: it sees the workspace, the
toolchains and nothing else of the machine, has no network, no credentials, no way to write beside the workspace, and ends
with its run. Where no sandbox holds, claw refuses to work.

  claw doctor sandbox            tries to get out, and says what this machine lacks
  claw sandbox -- <command>      runs a command exactly as a session would
  claw policy explain <what>     says which rule decides about a path, a command or a host

What a repository may ask for stands in its claw.yaml (network.hosts, sandbox.*), what the user grants in config.yaml
(network.*, sandbox.*): the smaller of both holds. More: SECURITY.md, claw help manifest, claw help config, claw sandbox --help`;

const budgets =
  (): string => `Before each request to a model its highest price is reserved, and settled after it: a limit cannot be passed, also not by
many runs at once. A run that reaches one ends as over-budget (exit 15), with everything it did on record.

  of one run       --budget-usd, --max-turns, --max-tokens, --timeout; in config.yaml: budget, budgets.run
  of a day         budgets.day in config.yaml; of one repository: budgets.repository
  of a month       budgets.fleet in config.yaml
  in a repository  budgets and limits in its claw.yaml; the smaller of both holds

A model in the cloud whose price is not known is refused, unless a token limit is given: prices in config.yaml makes it known.

  claw cost                      what runs cost, by day, repository, model and outcome
  claw fix … --dry-run           the most that a run may cost, before it starts
  claw stop                      ends every run within a second`;

const store =
  (): string => `Ledger and queue are kept in one file, ledger.sqlite below CLAW_HOME, which only one machine can use. For many machines, or for
a database that is backed up anyway, they are kept in PostgreSQL (14 or later), in two schemas that are made there when they are
missing: claw, and claw_queue, which belongs to pg-boss. Every command works on it:

  claw runs --store postgres://claw@db.example.com/claw     for one command
  CLAW_STORE=postgres://…                                   for a shell
  store: { postgres: { env: CLAW_DATABASE_URL } }           in config.yaml, for always: { file: … } and { command: … } too

The address follows libpq: postgres://user@host:port/database?sslmode=…; a password comes from it, from PGPASSWORD or from
~/.pgpass, never from the command line. A socket: postgres://user@/database?host=/run/postgresql. Over a network take
sslmode=verify-full (with sslrootcert=FILE for a certificate of your own): like libpq, claw otherwise takes TLS where the server
offers it, and does not check whose it is.

  createdb --encoding UTF8 --template template0 claw        makes the database
  pg_dump --schema='claw*' --format=custom claw             copies it; claw audit verify checks it
  claw doctor                                               says where the ledger is, and whether the way there is encrypted`;

/** Texts of `claw help <topic>`: what no single command is about. */
export const topicTexts: Readonly<Record<Topic, () => string>> = {
  outcomes,
  manifest: () => template(manifestSchema() as SchemaNode, {}).trimEnd(),
  config: () => template(userConfigSchema() as SchemaNode, {}).trimEnd(),
  sandbox,
  budgets,
  store,
};
