/** Stands in a report before what the shell listed of the repository, so that tests are known by file. */
export const FILES_FOLLOW = "=== files of the repository ===";

/** A report, and the lines that were listed behind it; none where it was cut short. */
export function splitListing(report: string): { readonly report: string; readonly lines: readonly string[] } {
  const at = report.lastIndexOf(`\n${FILES_FOLLOW}\n`);
  if (at === -1) return { report, lines: [] };
  const lines = report.slice(at + FILES_FOLLOW.length + 2).split("\n");
  return {
    report: report.slice(0, at),
    lines: lines.filter((line) => line !== "").map((line) => line.replace(/^\.\//, "")),
  };
}
