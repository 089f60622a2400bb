import { resolveCommand, type Scripts } from "./scripts.ts";
import type { SuitePlan } from "./suite.ts";

/** A repository as the rules see it: all paths, and the text of the few files asked for by `configFilesToRead`. */
export interface Tree {
  readonly files: readonly string[];
  /** Undefined when there is no such file. */
  read(path: string): string | undefined;
}

interface PackageJson {
  readonly scripts?: Scripts;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly jest?: unknown;
  readonly mocha?: unknown;
}

const pythonConfigs = ["pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"];
const pytestSection = /^\s*\[(?:pytest|tool:pytest|tool\.pytest(?:\.ini_options)?)\]/m;
const noTests = /no test specified/;

/** The files `detectSuite` and `planFromCommand` want to read, of those that exist. */
export function configFilesToRead(files: readonly string[]): string[] {
  const wanted = new Set(["package.json", ...pythonConfigs]);
  return files.filter((path) => wanted.has(path));
}

/** The repository's package.json; an empty one when there is none or it cannot be read. */
function packageJson(tree: Tree): PackageJson {
  try {
    const parsed: unknown = JSON.parse(tree.read("package.json") ?? "{}");
    return typeof parsed === "object" && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** pytest-cov can fail a run whose tests all pass; it is switched off where the configuration switches it on. */
function pytestFlags(tree: Tree): string[] {
  return pythonConfigs.some((path) => /^[^#\n]*--cov\b/m.test(tree.read(path) ?? "")) ? ["--no-cov"] : [];
}

function plan(tree: Tree, shell: string, source: string, typed = shell): SuitePlan {
  const { script, leftOut, runner } = resolveCommand(typed, packageJson(tree).scripts ?? {});
  const flags = runner === "pytest" ? pytestFlags(tree) : [];
  return { runner: runner ?? "generic", shell, source, cwd: ".", script, leftOut, flags };
}

/** A command given by a person, or proposed and tried, recognised as far as possible: `npm test` leads to its runner. */
export function planFromCommand(command: string, source: string, tree: Tree): SuitePlan {
  return plan(tree, command.trim(), source);
}

/** Plans from package.json scripts: `test` first, then others that call a known runner. */
function fromScripts(tree: Tree): SuitePlan[] {
  const scripts = packageJson(tree).scripts ?? {};
  const test = scripts["test"];
  const plans = test !== undefined && !noTests.test(test) ? [plan(tree, "npm test", "package.json scripts.test")] : [];
  const others = Object.keys(scripts).filter((name) =>
    /^(?:tests?[:-].+|unit|vitest|jest|mocha|pytest|tests)$/.test(name),
  );
  const quick = others.filter((name) => !/watch|update|debug|ui$|cov|e2e|browser|bench|lint|types?$/.test(name));
  return [
    ...plans,
    ...quick.map((name) => plan(tree, `npm run ${name}`, `package.json scripts.${name}`)).filter(isStructured),
  ];
}

const isStructured = (found: SuitePlan): boolean => found.runner !== "generic";

/** Plans from a runner's own configuration file, or from its being installed. */
function fromConfigFiles(tree: Tree): SuitePlan[] {
  const { jest, mocha, dependencies, devDependencies } = packageJson(tree);
  const installed = { ...dependencies, ...devDependencies };
  const named = (pattern: RegExp): string | undefined => tree.files.find((path) => pattern.test(path));
  const rows: [string, string, string | undefined][] = [
    ["vitest", "vitest run", named(/^vitest\.(?:config|workspace)\.[cm]?[jt]s$/)],
    [
      "jest",
      "jest",
      named(/^jest\.config\.(?:[cm]?[jt]s|json)$/) ?? (jest === undefined ? undefined : "package.json jest"),
    ],
    ["mocha", "mocha", named(/^\.mocharc(?:\.\w+)?$/) ?? (mocha === undefined ? undefined : "package.json mocha")],
  ];
  return rows.flatMap(([name, command, file]) => {
    const source = file ?? (name in installed ? `package.json dependencies.${name}` : undefined);
    return source ? [plan(tree, `npx ${command}`, source, command)] : [];
  });
}

/** `node --test`, when there is a package.json, tests by node's naming, and nothing else that runs them. */
function fromNodeTests(tree: Tree): SuitePlan[] {
  const example = tree.files.find((path) => /^(?:.*[/.-])?test\.[cm]?js$|^(?:.*\/)?test\/.*\.[cm]?js$/.test(path));
  return example && tree.files.includes("package.json") ? [plan(tree, "node --test", example)] : [];
}

/** pytest by its configuration, or by test files named as it expects them. */
function fromPython(tree: Tree): SuitePlan[] {
  const config =
    pythonConfigs.find((path) => /^\.?pytest\.ini$/.test(path) && tree.files.includes(path)) ??
    pythonConfigs.find((path) => pytestSection.test(tree.read(path) ?? ""));
  const example = tree.files.find((path) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path));
  const source = config ?? example;
  return source ? [plan(tree, "python3 -m pytest", source)] : [];
}

/** Languages that bring their own runner, by the file that describes the project. */
function fromManifests(tree: Tree): SuitePlan[] {
  const has = (path: string): boolean => tree.files.includes(path);
  const specs = tree.files.find((path) => /^spec\/.*_spec\.rb$/.test(path));
  const rows: [string, string | undefined][] = [
    ["go test ./...", has("go.mod") && tree.files.some((path) => path.endsWith("_test.go")) ? "go.mod" : undefined],
    ["cargo test", has("Cargo.toml") ? "Cargo.toml" : undefined],
    // No registry is reached from where tests run: what was fetched before has to do.
    ["mvn -o test", has("pom.xml") ? "pom.xml" : undefined],
    [has("Gemfile") ? "bundle exec rspec" : "rspec", has(".rspec") && specs ? ".rspec" : specs],
  ];
  return rows.flatMap(([command, source]) => (source === undefined ? [] : [plan(tree, command, source)]));
}

/**
 * The ways to run this repository's tests, best first: what the project says before what its files suggest, and a runner
 * whose single tests can be read before a bare exit code. Empty when nothing suggests a test suite.
 */
export function detectSuite(tree: Tree): SuitePlan[] {
  const declared = [...fromScripts(tree), ...fromConfigFiles(tree), ...fromPython(tree), ...fromManifests(tree)];
  const found = declared.some(isStructured) ? declared : [...declared, ...fromNodeTests(tree)];
  const seen = new Set<string>();
  const unique = found.filter((each) => !seen.has(each.script) && seen.add(each.script));
  return [...unique.filter(isStructured), ...unique.filter((each) => !isStructured(each))];
}
