import { existsSync } from "node:fs";
import { join } from "node:path";
import { userConfigSchema } from "../../config.ts";
import { WorkspaceError } from "../../errors.ts";
import { manifestSchema } from "../../policy/manifest.ts";
import type { CommandDesk } from "../command.ts";
import { serversHere } from "../models/servers-here.ts";
import { type Filled, type SchemaNode, template } from "./template.ts";

/** A file that claw init would write. */
export interface Proposal {
  readonly path: string;
  readonly text: string;
  /** What is to be done once it is there; null for nothing. */
  readonly next: string | null;
}

export interface Proposals {
  readonly files: readonly Proposal[];
  /** What was found, and what is left as it is, one line each. */
  readonly notes: readonly string[];
}

/** What could be written for the repository around and for the user. Files that are there are left alone. */
export async function propose(desk: CommandDesk): Promise<Proposals> {
  const parts = [await manifest(desk), await userConfig(desk)];
  return { files: parts.flatMap(({ files }) => files), notes: parts.flatMap(({ notes }) => notes) };
}

const headOfManifest = `# What claw may do in this repository. It is read from the commit that
# a run starts from, and can only narrow what the user's own configuration
# grants. What stands as a comment is the default.
`;

async function manifest({ app, cwd }: CommandDesk): Promise<Proposals> {
  const parts = await app();
  const { planFix } = await import("../../workflows/plan-fix.ts");
  const unlimited = { usdNano: null, turns: 1, tokens: 1, wallMs: 1, attempts: 1 };
  const request = { cwd, baseRef: undefined, model: { label: null }, limits: unlimited, testCommand: null };
  try {
    const { repository, tests, dependencies } = await planFix(await parts.house(cwd), request);
    const path = join(repository, "claw.yaml");
    const found = tests
      ? `${tests.shell} (${tests.runner}, from ${tests.source})`
      : "not found: a model would be asked";
    const notes = [`tests     ${found}`, `packages  ${dependencies}`];
    if (existsSync(path)) return { files: [], notes: [...notes, `${path} is there already, and left as it is`] };
    const filled: Record<string, Filled> = tests
      ? { "test.command": { value: tests.shell, why: `Found in ${tests.source}.` } }
      : {};
    const text = `${headOfManifest}\n${template(manifestSchema() as SchemaNode, filled)}`;
    return { files: [{ path, text, next: "git add claw.yaml && git commit: claw reads it from the commit" }], notes };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return { files: [], notes: [`no claw.yaml: ${error.message}; ${error.hint}`] };
  }
}

const headOfConfig = `# What claw may use for this user, in every repository. Keys are named
# here, never written here. What stands as a comment is the default.
`;

/** Where a key is in the environment nothing is needed; a server of this machine is filled in. */
async function userConfig({ app }: CommandDesk): Promise<Proposals> {
  const { config } = await app();
  if (existsSync(config.file)) return { files: [], notes: [`${config.file} is there already, and left as it is`] };
  const keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"].filter((name) => config.variable(name) !== undefined);
  const here = await serversHere(config);
  const names = here.map(({ usually }) => usually.toLowerCase().replaceAll(/[^a-z]/g, ""));
  const models = here.map(({ models: [first] }, index) => `${names[index]}/${first}`);
  const endpoints = Object.fromEntries(here.map(({ baseUrl }, index) => [names[index], { baseUrl }]));
  const filled: Record<string, Filled> = {
    ...(here.length > 0 && { endpoints: { value: endpoints, why: "They answered on this machine." } }),
    ...(here.length > 0 && keys.length === 0 && { model: { value: models[0] ?? "", why: "The first that answered." } }),
  };
  const found = [
    ...keys.map((name) => `${name} is set`),
    ...here.map(({ baseUrl }) => `a server answers at ${baseUrl}`),
  ];
  const none =
    "none in reach: claw fix only tries small changes until you set OPENAI_API_KEY or ANTHROPIC_API_KEY, or name a server below endpoints in config.yaml";
  const text = `${headOfConfig}\n${template(userConfigSchema() as SchemaNode, filled)}`;
  return {
    files: [{ path: config.file, text, next: null }],
    notes: [`models    ${found.length > 0 ? found.join(", ") : none}`],
  };
}
