import type { JudgedFailure } from "../../reports/triage-rows.ts";

const DAY_MS = 24 * 3_600_000;
/** How long a proposal asks to leave a test out. */
const DAYS = 14;

/** Who owns a file by CODEOWNERS, the last rule that fits: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners */
export function ownerOf(
  file: string | null,
  codeowners: string,
  fits: (path: string, glob: string) => boolean,
): string | null {
  if (file === null) return null;
  const rules = codeowners.split("\n").map((line) =>
    line
      .replace(/(?:^|\s)#.*$/, "")
      .trim()
      .split(/\s+/),
  );
  return (
    rules
      .findLast(([glob = ""]) => glob !== "" && fits(file, glob))
      ?.slice(1)
      .join(" ") || null
  );
}

/** A proposal to leave flaky tests out for a while, as YAML for a person to judge. Nothing is skipped by it. */
export function quarantineYaml(
  failures: readonly JudgedFailure[],
  {
    at,
    ownerOf: owner,
    run,
    tasks,
  }: {
    readonly at: number;
    readonly ownerOf: (file: string | null) => string | null;
    readonly run: string | null;
    /** Ids of the tasks to mend them, by signature. */
    readonly tasks: ReadonlyMap<string, string>;
  },
): string {
  const text = (value: string): string => JSON.stringify(value);
  const flaky = failures.filter(({ verdict }) => verdict === "flaky");
  const entries = flaky.map(({ test, file, because, signature }) =>
    [
      `  - test: ${text(test)}`,
      `    file: ${file === null ? "null" : text(file)}`,
      `    reason: ${text(`flaky: ${because}`)}`,
      `    owner: ${text(owner(file) ?? "nobody: name one")}`,
      `    expires: ${new Date(at + DAYS * DAY_MS).toISOString().slice(0, 10)}`,
      `    task: ${tasks.get(signature) ?? text(`Make ${test} pass each time`)}`,
      `    signature: ${signature}`,
    ].join("\n"),
  );
  const head = [
    "# Proposed by claw triage, and applied by nobody yet.",
    ...(run === null ? [] : [`# Evidence: claw log ${run}`]),
  ];
  return `${[...head, entries.length === 0 ? "quarantine: []" : "quarantine:", ...entries].join("\n")}\n`;
}
