import { failure } from "../explain.ts";
import { troubleIn } from "../infrastructure.ts";
import { add, type Block, block, type Dialect, type Found, textOf } from "./dialect.ts";

/** How compilers, type checkers and bundlers say where an error is. */
const errors: readonly { readonly tool: string; readonly pattern: RegExp }[] = [
  {
    tool: "tsc",
    pattern:
      /^\s*(?<file>\S+?\.[cm]?tsx?)(?:\((?<line>\d+),\d+\)|:(?<line2>\d+):\d+)(?::| -) error TS\d+: (?<message>.+)$/,
  },
  {
    tool: "cc",
    pattern: /^(?<file>[^\s:]+\.(?:c|cc|cpp|cxx|h|hpp|m|mm)):(?<line>\d+):(?:\d+:)? (?:fatal )?error: (?<message>.+)$/,
  },
  {
    tool: "ld",
    pattern:
      /^(?:\S*ld(?:\.\w+)?|collect2|clang): (?:error: )?(?<message>undefined reference to .+|cannot find -l\S+|ld returned \d+ exit status|symbol\(s\) not found.*)$/,
  },
  { tool: "swiftc", pattern: /^(?<file>\S+\.swift):(?<line>\d+):\d+: error: (?<message>.+)$/ },
  { tool: "javac", pattern: /^(?<file>\S+\.(?:java|scala|groovy)):(?<line>\d+): error: (?<message>.+)$/ },
  {
    tool: "kotlinc",
    pattern: /^e: (?:file:\/\/)?(?<file>\S+\.kts?):\s?\(?(?<line>\d+)[,:]\s?\d+\)?:? (?<message>.+)$/,
  },
  {
    tool: "msbuild",
    pattern:
      /^\s*(?<file>\S+\.(?:cs|fs|vb|csproj|fsproj))\((?<line>\d+),\d+\): error (?<message>(?:CS|FS|BC|NU|MSB|NETSDK)\d+: .+?)(?: \[.*\])?$/,
  },
  {
    tool: "go",
    pattern:
      /^(?:vet: )?(?<file>\.{0,2}\/?[\w./-]+\.go):(?<line>\d+):\d+: (?<message>(?:undefined|cannot use|cannot find|syntax error|imported and not used|declared (?:and|but) not used|missing return|too many arguments|not enough arguments|redeclared|no required module|assignment mismatch|invalid operation|\S+ redeclared).*)$/,
  },
  { tool: "esbuild", pattern: /^(?:✘|X) \[ERROR\] (?<message>.+)$/u },
  { tool: "webpack", pattern: /^(?:ERROR in (?<file>\S+)|Module not found: Error: (?<message>.+))$/ },
  { tool: "vite", pattern: /^(?:error during build:|\[vite\]:? Rollup failed to resolve import) ?(?<message>.*)$/ },
  { tool: "php", pattern: /^PHP (?:Parse|Fatal) error:\s+(?<message>.+) in (?<file>\S+?)(?: on line |:)(?<line>\d+)$/ },
  {
    tool: "pytest",
    pattern: /^(?:ERROR: (?=file or directory not found)|(?:__main__\.py|pytest|py\.test): error: )(?<message>.+)$/,
  },
  { tool: "mocha", pattern: /^\s*(?:✖ ERROR|Error: No test files found|Exception during run): ?(?<message>.+)$/u },
  {
    tool: "jest",
    pattern:
      /^(?:Error: (?=Can't find a root directory|Could not find a config file)|● (?=Validation Error))(?<message>.+?):?$/,
  },
  { tool: "cmake", pattern: /^CMake Error(?: at (?<file>\S+):(?<line>\d+)|:) (?<message>.+)$/ },
  {
    tool: "make",
    pattern: /^(?:make|gmake|ninja)(?:\[\d+\])?: \*\*\* (?<message>.*(?:No rule to make target|missing separator).*)$/,
  },
  {
    tool: "npm",
    pattern:
      /^npm (?:ERR!|error) (?<message>(?:Missing script: .+|code (?:ERESOLVE|EUSAGE|EBADENGINE|EJSONPARSE|ETARGET|E404|EINTEGRITY)|Could not resolve dependency:.*|.*can only install packages when your package\.json and package-lock\.json.*))$/,
  },
  {
    tool: "pip",
    pattern:
      /^ERROR: (?<message>(?:Could not find a version that satisfies the requirement|No matching distribution found for|ResolutionImpossible|Cannot install|Failed building wheel|Failed to build).*)$/,
  },
  {
    tool: "yarn",
    pattern:
      /^(?:error Your lockfile needs to be updated|error: lockfile had changes, but lockfile is frozen|➤ YN0028: (?<message>.+)|.*ERR_PNPM_OUTDATED_LOCKFILE.*)/,
  },
  {
    tool: "actions",
    pattern: /^(?:Invalid workflow file|Error: Unable to resolve action|The workflow is not valid)\b(?<message>.*)$/,
  },
  {
    tool: "rustc",
    pattern:
      /^error: (?<message>(?:failed to (?:parse manifest|select a version|load manifest)|no matching package).*)$/,
  },
  {
    tool: "bundler",
    pattern:
      /^(?<message>Bundler could not find compatible versions.*|Could not find gem .*|Your Ruby version is .*, but your Gemfile specified .*)$/,
  },
  {
    tool: "docker",
    pattern:
      /^ERROR: failed to (?:solve|build): (?<message>.*(?:did not complete successfully|failed to compute cache key|dockerfile parse error).*)$/,
  },
];

/** What every pattern needs one of: most lines need no closer look. */
const hint =
  /error|Error|ERROR|Exception during run|ERR!|ERR_|\.go:\d|^e: |undefined reference|cannot find|symbol\(s\)|\*\*\*|Could not|Bundler|Ruby version|YN0028|Invalid workflow|workflow is not|Rollup|lockfile|npm /;

const MOST = 40;

/** A line of a step of BuildKit, as docker prints it: what the step itself said comes after its number and its time. */
const ofStep = /^#\d+ \d+\.\d+ (?=.*(?:err|fail|refused|time|resolv|retry))/i;

/** The errors of one tool. */
interface Errors {
  count: number;
  readonly block: Block;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

const causeOf = (tool: string, causes: Readonly<Record<string, string | null>>): string => causes[tool] ?? "";

function told(tool: string, { count, block: kept, file, line, message }: Errors): Found {
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return failure({
    format: tool,
    kind: "build",
    titles: [`(${tool})`],
    file,
    line,
    offset: kept.offset,
    text: textOf(kept),
    message: `${message}${more}`,
  });
}

/** Errors of compilers and of installations: what fails before any test could. Each tool's errors are one failure. */
export const buildText: Dialect = {
  name: "build",
  open(sink) {
    const found = new Map<string, Errors>();
    let tail = 0;
    let retried: string | null = null;
    let inStep: string | null = null;
    let last: Block | null = null;
    return {
      line(text, offset) {
        if (text.startsWith("WARNING: Retrying (Retry(")) retried = text;
        if (text.startsWith("#") && ofStep.test(text) && troubleIn(text)) inStep = text;
        for (const { tool, pattern } of hint.test(text) ? errors : []) {
          const groups = pattern.exec(text)?.groups;
          if (!groups) continue;
          const { file = null, line, line2, message } = groups;
          const known = found.get(tool);
          if (known) {
            known.count += 1;
            if (known.count <= MOST) add(known.block, text);
            last = known.block;
          } else {
            last = block(offset);
            add(last, text);
            const number = Number(line ?? line2);
            found.set(tool, {
              count: 1,
              block: last,
              file,
              line: number > 0 ? number : null,
              // What pip could not reach it calls not there, and docker says of no step why it failed.
              message: [message?.trim() || text.trim(), causeOf(tool, { pip: retried, docker: inStep })]
                .join("\n")
                .trim(),
            });
          }
          tail = 3;
          return;
        }
        if (tail > 0 && last) {
          tail -= 1;
          if (/^\s+\S|^\s*\|/.test(text)) add(last, text);
        }
      },
      end() {
        for (const [tool, one] of found) sink.found(told(tool, one));
      },
    };
  },
};
