import { expect, test } from "vitest";
import { branchNames, claimantIn, claimMessage, claimRef, isClaimRef, judgeClaim } from "../../src/policy/claim.ts";
import { judgeBranch } from "../../src/policy/judge.ts";
import { publishMark } from "../../src/policy/publish.ts";

const HOUR = 3_600_000;
const now = 10 ** 12;
const asked = { issue: 7, run: "1abc", again: false, earlier: [], now };
const by = (run: string | null, hours: number | null) => ({ run, at: hours === null ? null : now - hours * HOUR });

test("an issue is that run's whose claim is the newest, for a day: then it is nobody's, not even its own", () => {
  expect(judgeClaim(null, asked)).toBe("free");
  expect(judgeClaim(by("1abc", 23), asked)).toBe("mine");
  expect(judgeClaim(by("1xyz", 23), asked)).toEqual({
    refused: expect.stringMatching(
      /^another run works on issue #7: 1xyz has claimed it .* until 2001-09-09 02:46 UTC$/,
    ),
  });
  expect(judgeClaim(by("1abc", 24), asked)).toBe("free");
  expect(judgeClaim(by("1xyz", 24), asked)).toBe("free");
  expect(judgeClaim(by("1xyz", 1), { ...asked, run: null })).toHaveProperty("refused");
});

test("a claim that cannot be read holds; a person who wants another attempt goes past any", () => {
  expect(judgeClaim(by(null, null), asked)).toEqual({ refused: expect.stringContaining("one that cannot be read") });
  expect(judgeClaim(by(null, null), { ...asked, run: null })).toHaveProperty("refused");
  expect(judgeClaim(by("1xyz", 1), { ...asked, again: true })).toBe("free");
  expect(judgeClaim(by("1abc", 1), { ...asked, again: true })).toBe("mine");
});

test("a run that has its pull request has used its claim up, where the pull request is claw's", () => {
  const pull = { url: "u", state: "merged" as const, createdAt: 0, own: true, body: `x\n${publishMark("1xyz", 7)}` };
  expect(judgeClaim(by("1xyz", 1), { ...asked, earlier: [pull] })).toBe("free");
  expect(judgeClaim(by("1xyz", 1), { ...asked, earlier: [{ ...pull, own: false }] })).toHaveProperty("refused");
});

test("a claim's commit says whose it is, and its ref is the only kind beside branches that is pushed", () => {
  expect(claimantIn(claimMessage({ issue: 7, run: "1abc", branch: "claw/7-1abc" }))).toBe("1abc");
  expect(claimantIn("Claw-Run: two words\n")).toBeNull();
  expect(isClaimRef(claimRef(7, 1))).toBe(true);
  for (const ref of [
    "refs/heads/main",
    "refs/claw/claims/7-0",
    "refs/claw/claims/7-1/x",
    "refs/claw/claims/7-1\n",
    "claw/claims/7-1",
  ])
    expect([ref, isClaimRef(ref)]).toEqual([ref, false]);
});

test("a branch is named after its issue and the beginning of its run's id, longer only where another run of the issue has that", () => {
  const names = branchNames(7, "1kb2c3d4e5f6", []);
  expect([names[0], names.at(-1)]).toEqual(["claw/7-1kb2c3d", "claw/7-1kb2c3d4e5f6"]);
  expect(names.every((name) => judgeBranch(name).verdict === "allow")).toBe(true);
  expect(branchNames(7, "1kb2c3d4e5f6", [{ branch: "claw/7-1kb2c3d" }])[0]).toBe("claw/7-1kb2c3d4");
  expect(branchNames(7, "1kb2c3d", [{ branch: "claw/7-1kb2c3d" }])).toEqual(["claw/7-1kb2c3d"]);
});
