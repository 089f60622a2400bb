import { joinLines, type Lines, ownPath } from "./coverage.ts";

/** Executed lines from an lcov report. */
export function lcovLines(report: string, root: string): Lines {
  const records = report.split(/^end_of_record$/m).flatMap((record) => {
    const path = ownPath(/^SF:(.+)$/m.exec(record)?.[1]?.trim() ?? "/", root);
    const hit = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].filter(([, , count]) => Number(count) > 0);
    return path === null ? [] : [new Map([[path, new Set(hit.map(([, line]) => Number(line)))]])];
  });
  return joinLines(records);
}
