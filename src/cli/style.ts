import { Chalk } from "chalk";
import type { Config } from "../config.ts";
import type { Mark } from "../views/timeline.ts";

type Paint = (text: string) => string;

/** The few ways words can look; all of them leave the text as it is when colours are off. */
export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
}

export function styleFor(colours: boolean): Style {
  const chalk = new Chalk({ level: colours ? 1 : 0 });
  return { strong: chalk.bold, faint: chalk.dim, good: chalk.green, bad: chalk.red, warn: chalk.yellow };
}

/** Colours on a stream: what NO_COLOR or FORCE_COLOR say, otherwise only on a terminal that has them. */
export const hasColours = ({ colour }: Pick<Config, "colour">, terminal: boolean): boolean =>
  colour === "always" || (colour === "auto" && terminal);

/** A mark in its colour. */
export function paintMark(style: Style, mark: Mark): string {
  const paints: Record<Mark, Paint> = {
    "·": style.faint,
    "…": style.faint,
    "✓": style.good,
    "✗": style.bad,
    "!": style.warn,
  };
  return paints[mark](mark);
}
