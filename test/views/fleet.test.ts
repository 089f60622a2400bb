import { expect, test } from "vitest";
import { fleetHosts } from "../../src/views/fleet.ts";

test("machines are told by what they hold; one is gone when the last of it is over", () => {
  const jobs = [
    { owner: "ada#a.b.c 7 100 1", until: 90 },
    { owner: "ada#a.b.c 7 100 2", until: 120 },
    { owner: "bob 9 100 1", until: 80 },
  ];
  const runs = [
    { owner: "ada#a.b.c 8 100", until: 70, run: "run1" },
    { owner: "bob 9 100", until: 99, run: "run2" },
  ];
  expect(fleetHosts(jobs, runs, 100)).toEqual([
    { name: "ada", processes: 2, jobs: 2, runs: ["run1"], until: 120, gone: false },
    { name: "bob", processes: 1, jobs: 1, runs: ["run2"], until: 99, gone: true },
  ]);
});
