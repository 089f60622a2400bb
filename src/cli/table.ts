import { fitTo, keptInPlace, padTo, textWidth } from "../text-width.ts";

/** One column: where its text stands, and the most columns of the terminal that it may take. */
export interface Column {
  readonly side?: "left" | "right";
  readonly most?: number;
}

/** Blanks between two columns. */
export const GAP = 2;

/** Columns of the terminal that the widest cell of each column takes. */
export const columnWidths = (rows: readonly (readonly string[])[]): readonly number[] =>
  (rows[0] ?? []).map((_, index) => Math.max(0, ...rows.map((row) => textWidth(row[index] ?? ""))));

/**
 * Lines in which the cells of each column stand below each other, whatever script they are in. Colours in cells are kept;
 * a column with `most` has none, as its cells may be cut.
 */
export function tableLines(rows: readonly (readonly string[])[], columns: readonly Column[]): readonly string[] {
  const fitted = rows.map((row) =>
    row.map((cell, index) => {
      const most = columns[index]?.most;
      return most === undefined ? cell : fitTo(cell, most);
    }),
  );
  const widths = columnWidths(fitted);
  return fitted.map((row) =>
    row
      .map((cell, index) => padTo(keptInPlace(cell), widths[index] ?? 0, columns[index]?.side))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}
