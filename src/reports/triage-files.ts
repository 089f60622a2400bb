import { headlineOf, type JudgedFailure, placeText, type TriageReport } from "./triage-rows.ts";

const xml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    // oxlint-disable-next-line no-control-regex -- XML allows none of these
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");

/** JUnit XML with a verdict for each failing test: its type, and properties that say why. */
export function triageJunit({ failures }: TriageReport): string {
  const cases = failures.map((failure) => {
    const { verdict, because, suite, file, line, ms, head, base, rate, firstBad, signature } = failure;
    const properties = Object.entries({
      "claw.verdict": verdict,
      "claw.because": because,
      "claw.signature": signature,
      "claw.head": `${head.failed}/${head.failed + head.passed}`,
      "claw.base": `${base.failed}/${base.failed + base.passed}`,
      "claw.rate": rate === null ? "" : `${rate.low.toFixed(3)}-${rate.high.toFixed(3)}`,
      "claw.first-bad": firstBad?.commit ?? "",
    })
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `<property name="${name}" value="${xml(value)}"/>`);
    const where = [
      ...(file === null ? [] : [`file="${xml(file)}"`]),
      ...(line === null ? [] : [`line="${line}"`]),
    ].join(" ");
    const element = verdict === "infrastructure" || verdict === "build" ? "error" : "failure";
    const words = [failure.message, failure.stack].filter(Boolean).join("\n");
    return `    <testcase classname="${xml(suite ?? file ?? "")}" name="${xml(failure.titles.join(" > "))}" ${where} time="${((ms ?? 0) / 1000).toFixed(3)}"><properties>${properties.join("")}</properties><${element} type="${verdict}" message="${xml(headlineOf(failure))}">${xml(words).replaceAll("&#10;", "\n")}</${element}></testcase>`;
  });
  const errors = failures.filter(({ verdict }) => verdict === "infrastructure" || verdict === "build").length;
  const head = `<testsuite name="claw triage" tests="${failures.length}" failures="${failures.length - errors}" errors="${errors}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  ${head}\n${cases.join("\n")}\n  </testsuite>\n</testsuites>\n`;
}

const about: Readonly<Record<string, string>> = {
  regression: "Fails at head and not at base",
  build: "Nothing ran: it does not build or load",
  timeout: "Runs out of its time",
  unknown: "Fails, and nothing tells why yet",
  "pre-existing": "Fails at base as well",
  infrastructure: "The machine or the network failed, not the code",
  flaky: "Passes and fails at one commit",
};
const levels: Readonly<Record<string, string>> = {
  regression: "error",
  build: "error",
  timeout: "error",
  unknown: "warning",
  "pre-existing": "warning",
  flaky: "warning",
  infrastructure: "note",
};

/** SARIF 2.1.0: one rule for each verdict. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html */
export function triageSarif({ failures }: TriageReport, version: string): unknown {
  const used = [...new Set(failures.map(({ verdict }) => verdict))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "claw triage",
            version,
            rules: used.map((id) => ({
              id,
              name: id,
              shortDescription: { text: about[id] ?? id },
              defaultConfiguration: { level: levels[id] ?? "warning" },
            })),
          },
        },
        results: failures.map((failure) => ({
          ruleId: failure.verdict,
          level: levels[failure.verdict] ?? "warning",
          message: { text: `${failure.test}: ${headlineOf(failure)} (${failure.because})` },
          locations:
            failure.file === null || failure.file.startsWith("/")
              ? []
              : [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: failure.file },
                      ...(failure.line !== null && { region: { startLine: Math.max(1, failure.line) } }),
                    },
                  },
                ],
          partialFingerprints: { "clawFailure/v1": failure.signature },
          properties: {
            verdict: failure.verdict,
            head: failure.head,
            base: failure.base,
            rate: failure.rate,
            firstBad: failure.firstBad?.commit ?? null,
          },
        })),
      },
    ],
  };
}

const escaped = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** Workflow commands of GitHub Actions that mark lines of files; it shows ten of a kind for each step. */
export function triageAnnotations({ groups }: TriageReport): string[] {
  return groups.slice(0, 10).flatMap(({ members }) => {
    const [failure] = members;
    return failure ? [annotation(failure, members.length)] : [];
  });
}

function annotation(failure: JudgedFailure, count: number): string {
  const kind =
    levels[failure.verdict] === "error" ? "error" : levels[failure.verdict] === "note" ? "notice" : "warning";
  const place =
    failure.file === null || failure.file.startsWith("/")
      ? ""
      : `file=${property(failure.file)},${failure.line === null ? "" : `line=${failure.line},`}`;
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return `::${kind} ${place}title=${property(`${failure.verdict}: ${failure.titles.join(" > ")}`)}::${escaped(`${headlineOf(failure)}${more}\n${failure.because}${placeText(failure) === "" ? "" : `, at ${placeText(failure)}`}`)}`;
}
