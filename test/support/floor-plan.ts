import { builtinModules } from "node:module";
import { blankStrings, importsOf, stripComments } from "./source-text.ts";
import type { Import } from "./source-text.ts";

/** A source file below `src/`: its path from there, and what it says. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** What a rule found: one line a person can act on. Empty means the rule holds. */
export type Offences = readonly string[];

/** Lowest first. A file imports its own room, the floors below, and the neighbours named here: nothing else. */
const floors: readonly (readonly string[])[] = [
  ["ground"],
  ["store", "ledger"],
  ["views", "policy", "gates", "suite", "reports"],
  ["models", "sandbox", "repo", "forge", "notify"],
  ["agent", "tools", "engines"],
  ["workflows", "fleet"],
  ["cli", "tui", "web"],
  ["app.ts", "main.ts"],
];
const neighbours = [
  "ledger > store",
  "gates > policy",
  "reports > views",
  "agent > tools",
  "engines > agent",
  "engines > tools",
  "fleet > workflows",
  "cli > tui",
  "cli > web",
  "main.ts > app.ts",
];
const neighboursForTypes = ["cli > app.ts"];

/** Where each package may be imported; an empty prefix is anywhere. A package that is not here has no home yet. */
const homes: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["store/"],
  pg: ["store/postgres/"],
  "pg-boss": ["store/postgres/"],
  openai: ["models/"],
  jsonrepair: ["models/"],
  "@pydantic/genai-prices": ["models/"],
  octokit: ["forge/"],
  "@vscode/tree-sitter-wasm": ["engines/"],
  ink: ["tui/"],
  react: ["tui/"],
  marked: ["tui/"],
  lowlight: ["tui/"],
  diff: ["tui/"],
  chalk: ["cli/"],
  commander: ["cli/", "main.ts"],
  "node:child_process": ["sandbox/", "repo/", "models/key.ts", "notify/desktop.ts"],
  hono: ["web/"],
  "@hono/node-server": ["web/"],
  zod: [""],
  // When a schedule is due next: no clock of their own is read.
  "cron-parser": ["policy/slots.ts"],
  "rrule-temporal": ["policy/slots.ts"],
  yaml: [""],
};

const pureRooms = ["views", "policy", "gates", "suite", "reports"];
const impurities: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["is async", /\b(async|await)\b/],
  ["reads the clock", /\bDate\.now\b|\bnew Date(\(\s*\)|(?!\s*\()\b)|\bperformance\./],
  ["uses chance", /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b/],
  ["touches the process or the network", /\bprocess\.|\bfetch\(|\bset(Timeout|Interval|Immediate)\b/],
];

const maxLines = 300;
/** File and folder names that say nothing about what is inside. */
const drawers = /^(utils?|helpers?|common|core|shared|misc|base|managers?|services?|handlers?|types|index)$/;

/** The room a file is in: its top folder, itself for the wiring on top, the ground for any other file of the top level. */
function roomOf(file: string): string {
  const [top = file, ...below] = file.split("/");
  if (below.length > 0) return top;
  return floorOf(top) >= 0 ? top : "ground";
}

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

/** A relative import as a path from `src/`; one that leaves `src/` keeps its leading `..`. */
function resolve(file: string, to: string): string {
  const parts = file.split("/").slice(0, -1);
  for (const part of to.split("/")) {
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** The package an import names ("react/jsx-runtime" is "react"), Node's own modules always with their prefix. */
function packageOf(to: string): string {
  const bare = to.replace(/^node:/, "");
  if (to !== bare || builtinModules.includes(bare)) return `node:${bare.split("/")[0]}`;
  return bare
    .split("/")
    .slice(0, bare.startsWith("@") ? 2 : 1)
    .join("/");
}

function everyImport(sources: readonly Source[]): readonly (Import & { readonly file: string })[] {
  return sources.flatMap(({ file, text }) => importsOf(text).map((one) => ({ file, ...one })));
}

/** Folders that the floor plan does not know. */
export function strangeRooms(sources: readonly Source[]): Offences {
  const rooms = new Set(sources.map(({ file }) => roomOf(file)));
  return [...rooms].filter((room) => floorOf(room) < 0).map((room) => `${room}/ is not on the floor plan`);
}

/** Imports that do not point down. */
export function upwardImports(sources: readonly Source[]): Offences {
  return everyImport(sources).flatMap(({ file, to, typeOnly }) => {
    if (!to.startsWith(".")) return [];
    const target = resolve(file, to);
    if (target.startsWith("..")) return [`${file} imports ${to}, outside src/`];
    const [from, into] = [roomOf(file), roomOf(target)];
    const edge = `${from} > ${into}`;
    const allowed =
      from === into ||
      floorOf(into) < floorOf(from) ||
      neighbours.includes(edge) ||
      (typeOnly && neighboursForTypes.includes(edge));
    return allowed ? [] : [`${file} imports ${target}`];
  });
}

/** Packages imported outside their home, or without one. */
export function strayVendors(sources: readonly Source[]): Offences {
  return everyImport(sources).flatMap(({ file, to }) => {
    if (to.startsWith(".")) return [];
    const name = packageOf(to);
    const home = homes[name] ?? (name.startsWith("node:") ? [""] : []);
    return home.some((prefix) => file.startsWith(prefix)) ? [] : [`${file} imports ${name}`];
  });
}

/** Rules that are not pure: the same facts must always give the same answer. */
export function impureRules(sources: readonly Source[]): Offences {
  return sources
    .filter(({ file }) => pureRooms.includes(roomOf(file)))
    .flatMap(({ file, text }) => {
      const code = blankStrings(stripComments(text));
      const found = impurities.filter(([, pattern]) => pattern.test(code)).map(([what]) => `${file} ${what}`);
      const builtins = importsOf(text).map(({ to }) => packageOf(to));
      return [
        ...found,
        ...builtins.filter((name) => name.startsWith("node:")).map((name) => `${file} imports ${name}`),
      ];
    });
}

/** Files longer than one reading. */
export function overgrownFiles(sources: readonly Source[]): Offences {
  return sources.flatMap(({ file, text }) => {
    const lines = text.trimEnd().split("\n").length;
    return lines > maxLines ? [`${file} has ${lines} lines, the limit is ${maxLines}`] : [];
  });
}

/** Files beside an `all.ts` that are not in it and serve no other file either: written, but never registered. */
export function unregisteredFiles(sources: readonly Source[]): Offences {
  const used = new Set(everyImport(sources).map(({ file, to }) => resolve(file, to)));
  const folders = sources
    .filter(({ file }) => file.endsWith("/all.ts"))
    .map(({ file }) => file.slice(0, -"all.ts".length));
  return folders.flatMap((folder) =>
    sources
      .map(({ file }) => file)
      .filter((file) => file.startsWith(folder) && !file.slice(folder.length).includes("/"))
      .filter((file) => file !== `${folder}all.ts` && !used.has(file))
      .map((file) => `${file} is not in ${folder}all.ts`),
  );
}

/** Commands that are not on the menu. */
export function commandsOffTheMenu(sources: readonly Source[]): Offences {
  const program = sources.find(({ file }) => file === "cli/program.ts");
  const menu = new Set(importsOf(program?.text ?? "").map(({ to }) => resolve("cli/program.ts", to)));
  return sources
    .map(({ file }) => file)
    .filter((file) => file.startsWith("cli/commands/") && !menu.has(file))
    .map((file) => `${file} is not on the menu in cli/program.ts`);
}

/** Names for drawers instead of rooms. */
export function drawerNames(sources: readonly Source[]): Offences {
  return sources
    .filter(({ file }) => file.split("/").some((part) => drawers.test(part.replace(/\..*$/, ""))))
    .map(({ file }) => `${file} has a name that excludes nothing`);
}

/** Default exports: a thing has one name, everywhere. */
export function defaultExports(sources: readonly Source[]): Offences {
  return sources
    .filter(({ text }) =>
      /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/.test(blankStrings(stripComments(text))),
    )
    .map(({ file }) => `${file} has a default export`);
}

/** Reads of the environment outside `config.ts`. */
export function environmentReads(sources: readonly Source[]): Offences {
  const reads = /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[/;
  return sources
    .filter(({ file }) => file !== "config.ts")
    .filter(({ text }) => reads.test(blankStrings(stripComments(text))) || importsOf(text).some(namesTheProcess))
    .map(({ file }) => `${file} reads the environment`);
}

/** `import { env } from "node:process"` is the same read by another name. */
function namesTheProcess({ to }: Import): boolean {
  return packageOf(to) === "node:process";
}
