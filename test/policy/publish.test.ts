import { expect, test } from "vitest";
import { sharedName, judgeCaps, judgePublish, publishMark, workOf, workOn } from "../../src/policy/publish.ts";

const authority = { publish: true, perDay: 2, maxOpen: 3, labels: [], acceptance: 0.5 };
const branch = "claw/a-fix-1abc";

test("only a proven change on a branch of claw's leaves the machine, and only where the user lets it", () => {
  expect(judgePublish({ branch, proven: true }, authority).verdict).toBe("allow");
  expect(judgePublish({ branch, proven: false }, authority).rule).toContain("proven");
  expect(judgePublish({ branch: "main", proven: true }, authority).verdict).toBe("deny");
  expect(judgePublish({ branch, proven: true }, { ...authority, publish: false }).rule).toContain("config.yaml");
});

test("the cap counts what is on the forge from the last 24 hours", () => {
  const now = 10 ** 12;
  const pull = (hours: number) => ({
    url: "",
    state: "merged" as const,
    createdAt: now - hours * 3_600_000,
    own: true,
    body: "",
  });
  expect(judgeCaps([pull(1), pull(25)], authority, now).verdict).toBe("allow");
  expect(judgeCaps([pull(1), pull(23), pull(25)], authority, now)).toMatchObject({
    verdict: "deny",
    rule: expect.stringContaining("2 pull requests"),
  });
});

test("so many may be open at once, whenever they were opened", () => {
  const open = { url: "", state: "open" as const, createdAt: 0, own: true, body: "" };
  expect(judgeCaps([open, open, { ...open, own: false }], authority, 10 ** 12).verdict).toBe("allow");
  expect(judgeCaps([open, open, open], authority, 10 ** 12)).toEqual({
    verdict: "deny",
    rule: "3 pull requests of claw are open, and forge.maxOpen is 3",
  });
});

test("where people do not want what claw opens, it opens nothing more", () => {
  const pulls = (...states: ("open" | "closed" | "merged")[]) =>
    states.map((state, index) => ({ url: "", state, createdAt: index, own: true, body: "" }));
  const judged = (...states: Parameters<typeof pulls>) => judgeCaps(pulls(...states), authority, 10 ** 12).verdict;
  expect(judged("closed", "closed", "closed", "closed")).toBe("allow"); // too few to say
  expect(judged("closed", "closed", "closed", "merged", "merged")).toBe("deny");
  expect(judged("closed", "closed", "merged", "merged", "merged", "open", "open")).toBe("allow");
  // Only the newest twenty count.
  const old = Array.from({ length: 30 }, () => "merged" as const);
  expect(judged(...old, ...Array.from({ length: 20 }, () => "closed" as const))).toBe("deny");
});

test("work on an issue is found by its mark, unless it was merged", () => {
  const pull = (issue: number, state: "open" | "closed" | "merged") => ({
    url: `${issue}-${state}`,
    state,
    createdAt: 0,
    own: true,
    body: `x\n${publishMark("1abc", issue)}\n`,
  });
  expect(workOn([pull(12, "open"), pull(1, "merged"), pull(1, "closed")], 1)?.url).toBe("1-closed");
  expect(workOn([pull(12, "open"), pull(1, "merged")], 1)).toBeUndefined();
});

test("what an older claw calls the next branch of an issue is known, and told from the name of a run", () => {
  const from = (...branches: string[]) => branches.map((branch) => ({ branch }));
  expect(sharedName(7, [])).toBe("claw/7-1");
  const others = from("claw/7-2", "claw/7-1", "claw/77-9", "claw/sum-1abc", "claw/7-x", "claw/7-1234567");
  expect(sharedName(7, others)).toBe("claw/7-3");
});

test("a run's pull request is known by its mark, its branch or its commit, and nobody else's is", () => {
  const work = (branch: string, commit: string, body = "", own = true) => ({
    url: branch,
    state: "open" as const,
    createdAt: 0,
    own,
    branch,
    commit,
    body,
  });
  const mine = { run: "1abc", branch: "claw/sum-1abc", commit: "c1" };
  for (const found of [
    work("claw/7-1", "c2", publishMark("1abc", 7)),
    work("claw/sum-1abc", "c2"),
    work("claw/7-1", "c1"),
  ])
    expect(workOf([work("claw/8-1", "c3", publishMark("1abcd", 7)), found], mine)).toBe(found);
  expect(workOf([work("claw/7-1", "c1", publishMark("1abc", 7), false)], mine)).toBeUndefined();
});
