import fc from "fast-check";
import { expect, test } from "vitest";
import { keepEnds } from "../../src/sandbox/keep-ends.ts";

test("all bytes are kept as long as they fit, and head and tail of them when they do not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 }),
      fc.integer({ min: 0, max: 200 }),
      (chunks, limit) => {
        const all = Buffer.concat(chunks);
        const kept = keepEnds(limit);
        for (const chunk of chunks) kept.add(Buffer.from(chunk));
        expect({ bytes: kept.bytes, truncated: kept.truncated }).toEqual({
          bytes: all.length,
          truncated: all.length > limit,
        });
        const [head, tail] = [Math.ceil(limit / 2), Math.floor(limit / 2)];
        const mark = Buffer.from(`\n[… ${all.length - limit} bytes left out …]\n`);
        const cut = Buffer.concat([all.subarray(0, head), mark, all.subarray(all.length - tail)]);
        expect(kept.read()).toEqual(all.length > limit ? cut : all);
      },
    ),
  );
});
