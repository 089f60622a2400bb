import { crc32, deflateRawSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { reportsIn } from "../../src/cli/triage/read-ci-run.ts";
import { makeRepository } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { startForgeServer } from "../support/forge-server.ts";
import { forgesOf } from "../support/open-forges.ts";
import { memoryLedger } from "../support/recorded-fix.ts";
import { temporaryDirectory } from "../support/temporary.ts";

interface Odd {
  readonly flags?: number;
  readonly size?: number;
  readonly sum?: number;
  readonly comment?: string;
}

/** A zip archive of these files; `odd` is what it says of each that is not so. */
function zip(files: Readonly<Record<string, string>>, { flags = 0, size, sum, comment = "" }: Odd = {}): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(sum ?? crc32(text), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size ?? Buffer.byteLength(text), 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    central.push(Buffer.from("PK\x01\x02\x14\0"), fields, rest, Buffer.from(name));
    locals.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(
    central.reduce((all, { length }) => all + length, 0),
    8,
  );
  end.writeUInt32LE(at, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([...locals, ...central, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)]);
}

const junit = (test: string, file = "src/sum.test.js"): string =>
  `<testsuites><testsuite><testcase name="${test}" file="${file}"><failure message="3 is not 4"/></testcase></testsuite></testsuites>`;

test("what a run of CI left is read: whole logs of failed jobs, and reports in artifacts; what cannot be is told", async () => {
  const server = await startForgeServer("/nonexistent");
  onTestFinished(() => server.close());
  const { url } = server;
  // The failure is far from the last error, where the end of the log does not show it.
  const log = `2026-01-01T00:00:00.0000000Z not ok 1 - in the log\n${"2026-01-01T00:00:01.0000000Z more\n".repeat(500)}##[error]Process completed with exit code 1.\n`;
  server.runs.set(5, {
    name: "ci",
    conclusion: "failure",
    jobs: [
      { name: "unit", conclusion: "failure", log },
      { name: "lint", conclusion: "success", log: "not ok 1 - never read" },
    ],
    artifacts: {
      reports: zip(
        { "a/junit.xml": junit("in the artifact"), "a/page.html": "<p>", "b.json": "{}" },
        { comment: "PK" },
      ),
      gone: null,
      evil: zip({ "../../junit.xml": junit("never read") }),
    },
  });
  server.runs.set(6, { name: "ci", conclusion: "success", jobs: [] });
  server.runs.set(7, { name: "ci", conclusion: "failure", jobs: [{ name: "unit", conclusion: "cancelled", log: "" }] });
  const forge = forgesOf(server);
  const read = (run: number, cwd: string = temporaryDirectory()) =>
    type(["triage", "--run", `${url}/o/r/actions/runs/${run}`], { cwd, app: { forge } });
  const { code, out } = await read(5);
  expect([code, out]).toEqual([34, expect.stringContaining("2 failures in 2 groups") as string]);
  for (const told of [
    /in the artifact {2}src\/sum/,
    /in the log/,
    /artifact gone has expired/,
    /evil is refused: a name/,
  ])
    expect(out).toMatch(told);
  expect(out).not.toContain("never read");
  // What leads to bytes gets no token.
  const bytes = server.calls.filter(({ path }) => /^\/(?:blob|archive)\//.test(path));
  expect(bytes.map(({ path, authorization }) => [path, authorization])).toEqual([
    ["/blob/5/0", undefined],
    ["/archive/5/0", undefined],
    ["/archive/5/2", undefined],
  ]);
  expect(await read(6)).toMatchObject({ code: 0, err: "no job of that run failed\n" });

  const cwd = makeRepository({ "src/sum.test.js": "" });
  const ledger = await memoryLedger();
  const elsewhere = await type(["triage", "--run", `${url}/o/r/actions/runs/5`], { cwd, ledger, app: { forge } });
  expect([elsewhere.code, elsewhere.err]).toEqual([
    2,
    expect.stringMatching(/^claw: the run is of commit c{12}, and \w{12} is checked out\n.*--allow-stale\n$/) as string,
  ]);
});

const fine = { "junit.xml": junit("a") };

test.each([
  ["encrypted", zip(fine, { flags: 1 }), "it is encrypted"],
  ["more than it says", zip({ "a.xml": "x".repeat(1e6) }, { size: 10 }), "it is not what the archive says of it"],
  ["other than it says", zip(fine, { sum: 7 }), "it is not what the archive says of it"],
  ["too large", zip(fine, { size: 2 ** 31 }), "a file in it is larger than 128 megabytes"],
  [
    "too large together",
    zip(Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, ""])), { size: 2 ** 27 }),
    "it unpacks to",
  ],
  ["out of its folder", zip({ "/etc/a.xml": "" }), "a name in it leads out"],
  ["of very many", zip(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`${i}`, ""]))), "it has 10001"],
  ["cut off", zip(fine).subarray(0, -9), "it is no zip archive, or a damaged one"],
  ["no archive", Buffer.from("<html>"), "it is no zip archive, or a damaged one"],
  ["empty", Buffer.alloc(0), "it is no zip archive, or a damaged one"],
])("an artifact that is %s is refused whole", (_, archive, why) => {
  const notes: string[] = [];
  const read = reportsIn({ name: "a", archive }, notes);
  expect([read, notes]).toEqual([[], [expect.stringContaining(`the artifact a is refused: ${why}`)]]);
});
