import { isObject, text } from "./readers/reader.ts";

/** A place in a generated text, and the line of the original it was made from, from 1. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

const inline = /^\/\/[#@] sourceMappingURL=data:application\/json[^,\n]*;base64,([A-Za-z0-9+/=]+)\s*$/gm;

/** Places of a generated text by its inline source map, in the order of the text; null when it has none that can be read. */
export function generatedToOriginal(generated: string): Place[] | null {
  const [, encoded] = [...generated.matchAll(inline)].at(-1) ?? [];
  if (encoded === undefined) return null;
  try {
    const map: unknown = JSON.parse(atob(encoded));
    return isObject(map) ? places(text(map["mappings"]), lineStarts(generated)) : null;
  } catch {
    return null;
  }
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function places(mappings: string, starts: readonly number[]): Place[] {
  let original = 0;
  return mappings.split(";").flatMap((line, index) => {
    let column = 0;
    return line
      .split(",")
      .filter(Boolean)
      .flatMap((segment) => {
        const [columns = 0, , lines] = variableLength(segment);
        column += columns;
        if (lines === undefined) return [];
        original += lines;
        return [{ offset: (starts[index] ?? 0) + column, line: original + 1 }];
      });
  });
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Numbers in base 64, five bits a digit, the lowest first; the lowest bit of a number is its sign. */
function variableLength(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = digits.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
