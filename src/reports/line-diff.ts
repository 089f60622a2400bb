/** Lines around a change that are shown with it. */
const CONTEXT = 3;
/** Texts that differ in more lines than this are shown as replaced whole. */
const MOST_EDITS = 2000;

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** What changed from one text to another, in unified form without file names; empty when they are the same. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return "";
  const lines = compare(before.split("\n"), after.split("\n"));
  const near = nearChanges(lines);
  const out: string[] = [];
  let [old, fresh] = [1, 1];
  for (let index = 0; index < lines.length; index++) {
    if (near[index] && !near[index - 1]) {
      const end = near.findIndex((shown, at) => at > index && !shown);
      const hunk = lines.slice(index, end < 0 ? undefined : end);
      const count = (other: Line["mark"]): number => hunk.filter(({ mark }) => mark !== other).length;
      out.push(`@@ -${old},${count("+")} +${fresh},${count("-")} @@`);
    }
    const line = lines[index] as Line;
    if (near[index]) out.push(`${line.mark}${line.text}`);
    if (line.mark !== "+") old += 1;
    if (line.mark !== "-") fresh += 1;
  }
  return out.join("\n");
}

function nearChanges(lines: readonly Line[]): boolean[] {
  const near = lines.map(() => false);
  for (const [index, { mark }] of lines.entries()) {
    if (mark !== " ") near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  }
  return near;
}

function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const same = (text: string): Line => ({ mark: " ", text });
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986), with its trace kept. */
function middle(a: readonly string[], b: readonly string[]): readonly Line[] {
  const trace: Int32Array[] = [];
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const furthest = new Int32Array(2 * most + 3);
  const at = (k: number): number => furthest[k + most + 1] ?? 0;
  for (let d = 0; d <= most; d++) {
    trace.push(furthest.slice());
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest[k + most + 1] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace, most);
    }
  }
  return [...a.map((text): Line => ({ mark: "-", text })), ...b.map((text): Line => ({ mark: "+", text }))];
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Int32Array[], most: number): Line[] {
  const lines: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d--) {
    const at = (k: number): number => trace[d]?.[k + most + 1] ?? 0;
    const k = x - y;
    const from = d === 0 ? 0 : k === -d || (k !== d && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
    const [beforeX, beforeY] = d === 0 ? [0, 0] : [at(from), at(from) - from];
    while (x > beforeX && y > beforeY) {
      lines.push({ mark: " ", text: a[--x] ?? "" });
      y -= 1;
    }
    if (d > 0) lines.push(x === beforeX ? { mark: "+", text: b[--y] ?? "" } : { mark: "-", text: a[--x] ?? "" });
  }
  return lines.reverse();
}
