import { FILES_FOLLOW } from "./readers/listing.ts";
import type { Runner } from "./suite.ts";

/** How a runner is told to write a report that can be read, and to run some files only. */
export interface Flags {
  /** Arguments that would fight ours: other reports, watching, coverage (its thresholds are not about tests), early stops. */
  readonly drop: RegExp;
  /** Flags followed by a value that is not a path to test. */
  readonly valued: RegExp;
  /** What is put in right after the runner. */
  add(report: string, limited: boolean): string[];
  /** Test files as its arguments, where they are not simply named: packages, targets, classes. */
  limit?(files: readonly string[]): string[];
  /** The plan's own flags stand behind the arguments. */
  readonly flagsLast?: boolean;
  /** What makes the report, where a flag does not: shell text behind the command, before its end is told. */
  report?(report: string): string;
  /** Shell text before the command. */
  readonly before?: string;
}

/** A report that ends with what tells where its tests stand: names alone do not. */
const listing = (report: string, find: string): string => `{ echo; echo '${FILES_FOLLOW}'; ${find}; } >> ${report}`;

/** Folder of a file, as an argument that names a package. */
const folderOf = (file: string): string => `./${file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : ""}`;

/** What is said to each runner. */
export const flagsOf: Readonly<Record<Exclude<Runner, "generic">, Flags>> = {
  vitest: {
    drop: /^(?:run|watch|dev|--run|--watch|-w|--ui|--open|--coverage(?:\..*)?|--outputFile(?:\..*)?|--bail)(?:=|$)/,
    valued:
      /^(?:-c|-r|-t|--config|--root|--dir|--project|--environment|--pool|--reporter|--testNamePattern|--mode|--shard|--maxWorkers|--minWorkers|--retry|--testTimeout|--hookTimeout|--exclude|--outputFile(?:\..*)?|--bail)$/,
    add: (report) => [
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      "--coverage.enabled=false",
      "--bail=0",
    ],
  },
  jest: {
    drop: /^(?:--watch|--watchAll|-w|--coverage|--collectCoverage|--json|--outputFile|--bail|-b|--onlyChanged|-o|--lastCommit|--findRelatedTests)(?:=|$)/,
    valued:
      /^(?:-c|-t|--config|--testNamePattern|--env|--maxWorkers|--rootDir|--roots|--projects|--selectProjects|--reporters|--outputFile|--testTimeout|--shard|--setupFilesAfterEnv)$/,
    add: (report, limited) => [
      "--json",
      `--outputFile=${report}`,
      "--watchAll=false",
      "--coverage=false",
      ...(limited ? ["--runTestsByPath"] : []),
    ],
  },
  mocha: {
    drop: /^(?:--reporter|-R|--reporter-options?|-O|--watch|-w|--bail|-b)(?:=|$)/,
    valued:
      /^(?:-R|-O|-r|-t|-g|-f|-u|-n|-s|--reporter|--reporter-options?|--require|--timeout|--grep|--fgrep|--ui|--config|--package|--extension|--import|--loader|--retries|--slow|--jobs|--file|--ignore|--exclude|--node-option|--watch-files)$/,
    add: (report) => ["--reporter", "json", "--reporter-option", `output=${report}`],
  },
  "node-test": {
    drop: /^(?:--test-reporter|--test-reporter-destination|--watch|--experimental-test-coverage|--test-coverage-[a-z]+)(?:=|$)/,
    valued:
      /^(?:-r|--require|--import|--loader|--experimental-loader|--test-reporter|--test-reporter-destination|--test-name-pattern|--test-concurrency|--test-timeout|--test-shard|--conditions|-C)$/,
    add: (report) => [
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
    ],
  },
  pytest: {
    drop: /^(?:-x|--exitfirst|--maxfail|--lf|--last-failed|--ff|--failed-first|--nf|--sw|--stepwise|--cov.*|--junit-?xml)(?:=|$)/,
    valued:
      /^(?:-k|-m|-n|-p|-c|-o|-W|-r|--maxfail|--junit-?xml|--rootdir|--ignore|--deselect|--tb|--durations|--timeout|--color|--import-mode|--confcutdir|--basetemp|--log-level|--cov|--cov-report|--cov-config)$/,
    add: (report) => [
      "-p",
      "no:cacheprovider",
      `--junit-xml=${report}`,
      "-o",
      "junit_family=xunit1",
      "--continue-on-collection-errors",
      "--maxfail=0",
    ],
  },
  go: {
    drop: /^(?:-json|-v|-failfast|-count|-cover|-coverprofile|-coverpkg|-covermode|-shuffle)(?:=|$)/,
    valued:
      /^(?:-run|-skip|-timeout|-tags|-p|-parallel|-bench|-cpu|-count|-coverprofile|-coverpkg|-covermode|-exec|-gcflags|-ldflags|-mod|-modfile|-overlay|-shuffle|-vet|-o|-C)$/,
    add: () => ["-json", "-count=1"],
    limit: (files) => [...new Set(files.map(folderOf))],
    before: "set -o pipefail; export GOTOOLCHAIN=local",
    report: (report) =>
      `2>&1 | tee ${report}; status=$?; ${listing(
        report,
        "grep -rHE --include=go.mod '^module ' .; grep -rHoE --include='*_test.go' '^func (Test|Fuzz|Example)[A-Za-z0-9_]*' .",
      )}; (exit $status)`,
  },
  cargo: {
    drop: /^(?:--no-run|--no-fail-fast|--quiet|-q|--message-format|--color)(?:=|$)/,
    valued:
      /^(?:-p|--package|--exclude|--features|-F|--target|--profile|-j|--jobs|--manifest-path|--message-format|--color|--target-dir|--test-threads|--skip|--format|-Z)$/,
    add: () => ["--no-fail-fast", "--color=never"],
    // Other files than those of `tests/` hold tests of the crate itself, which cannot be chosen by file.
    limit: (files) => {
      const targets = files.map((file) => /(?:^|\/)tests\/([^/]+)\.rs$/.exec(file)?.[1]);
      return targets.some((each) => each === undefined) ? [] : targets.map((each) => `--test=${each}`);
    },
    flagsLast: true,
    before: "set -o pipefail",
    report: (report) =>
      `2>&1 | tee ${report}; status=$?; ${listing(
        report,
        "find . -name target -prune -o -name '*.rs' -print; find . -name target -prune -o -name Cargo.toml -exec grep -Hm1 '^name' {} +",
      )}; (exit $status)`,
  },
  rspec: {
    drop: /^(?:--format|-f|--out|-o|--fail-fast|--no-fail-fast|--next-failure|-n|--only-failures|--profile|-p|--color|-c)(?:=|$)/,
    valued:
      /^(?:--format|-f|--out|-o|-r|--require|-I|-t|--tag|-e|--example|-E|--example-matches|--order|--seed|-P|--pattern|--exclude-pattern|--default-path|-O|--options|--fail-fast|--failure-exit-code)$/,
    add: (report) => ["--format", "progress", "--format", "json", "--out", report, "--no-fail-fast"],
  },
  maven: {
    drop: /^(?:-q|--quiet|-ff|--fail-fast|-DskipTests|-Dmaven\.test\.skip|-Dmaven\.test\.failure\.ignore)(?:=|$)/,
    valued: /^(?:-f|--file|-pl|--projects|-P|--activate-profiles|-s|--settings|-T|--threads|-rf)$/,
    add: () => ["-B", "-fae", "-DtrimStackTrace=false"],
    limit: (files) => [
      "test",
      `-Dtest=${files.map((file) => (file.split("/").at(-1) ?? file).replace(/\.\w+$/, "")).join(",")}`,
      "-DfailIfNoTests=false",
      "-Dsurefire.failIfNoSpecifiedTests=false",
    ],
    before: "find . -type f -path '*/target/surefire-reports/*' -name '*.xml' -delete 2>/dev/null",
    report: (report) =>
      `; status=$?; find . -path '*/target/*-reports/*' -name 'TEST-*.xml' -exec cat {} + > ${report} 2>/dev/null; [ -s ${report} ] || rm -f ${report}; [ ! -e ${report} ] || ${listing(
        report,
        "find . -path '*/src/test/*' -type f",
      )}; (exit $status)`,
  },
};
