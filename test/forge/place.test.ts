import { expect, test } from "vitest";
import { issueAt, placeName, placeOfRemote, readIssueName } from "../../src/forge/place.ts";

const place = { host: "github.com", owner: "o", repo: "r" };

test("an issue is named by its number, its short name or its address; anything else is a text or a file", () => {
  expect(["12", "#12"].map(readIssueName)).toEqual([
    { place: null, number: 12 },
    { place: null, number: 12 },
  ]);
  for (const word of ["o/r#12", "https://github.com/o/r/issues/12", "https://github.com/o/r/pull/12?x=1#c"])
    expect(readIssueName(word)).toEqual({ place, number: 12 });
  expect(readIssueName("https://git.example.org:8443/o/r/issues/12")?.place?.host).toBe("git.example.org:8443");
  for (const word of [
    "ISSUE.md",
    "1.5",
    "fix #12 please",
    "o/r",
    "https://user@evil.example/o/r/issues/1",
    "99999999999",
  ])
    expect(readIssueName(word)).toBeNull();
});

test("a remote leads to its place in each of git's spellings, and a path leads nowhere", () => {
  for (const url of [
    "https://github.com/o/r.git",
    "https://github.com/o/r",
    "https://user:secret@github.com/o/r.git/",
    "git@github.com:o/r.git",
    "ssh://git@github.com:22/o/r.git",
    "git://github.com/o/r",
  ])
    expect(placeOfRemote(url)).toEqual(place);
  for (const url of ["/srv/git/r.git", "../r", "file:///srv/o/r.git", "C:\\o\\r", "https://github.com/o"])
    expect(placeOfRemote(url)).toBeNull();
  expect([placeName(place), placeName({ ...place, host: "git.example.org" })]).toEqual(["o/r", "git.example.org/o/r"]);
});

test("the number of an issue counts where the issue is, and nowhere else", () => {
  const source = "https://github.com/O/r/issues/12";
  expect(issueAt(place, source)).toBe(12);
  expect([issueAt({ ...place, repo: "other" }, source), issueAt(place, "ISSUE.md"), issueAt(place, "12")]).toEqual([
    null,
    null,
    null,
  ]);
});
