import fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { limitsOf, readSandboxFile } from "../../src/policy/sandbox-file.ts";

const read = (text: string) => readSandboxFile(text, "policy.yaml");

test("a policy is read with its limits in bytes and milliseconds, and what it leaves out is left out", () => {
  const policy = read("limits: { seconds: 2, idleSeconds: 1, memoryMiB: 3, outputMiB: 1 }\nread: [/opt]\n");
  expect(limitsOf(policy)).toEqual({ wallMs: 2000, idleMs: 1000, memoryBytes: 3 * 2 ** 20, outputKillBytes: 2 ** 20 });
  expect(policy).toMatchObject({ workspace: "rw", network: { hosts: [] }, read: ["/opt"], env: {} });
  expect(limitsOf(read(""))).toEqual({});
});

/** Bits of policies, of YAML, and of what is neither. */
const words = [
  "workspace",
  "network",
  "hosts",
  "read",
  "env",
  "limits",
  "seconds",
  ": ",
  "\n",
  "  ",
  "- ",
  "{ ",
  " }",
  "[",
  "]",
  ", ",
  "rw",
  "/",
  "*.example.org",
  "127.0.0.1",
  "!!js/function x",
  "&a *a",
  "<<: *a",
  "__proto__",
  "? ",
  "|",
  "'",
  '"',
  "\0",
  "-1",
  "1e999",
  ".nan",
];

test("whatever a policy file says, it is refused in two lines or allows nothing that policies do not know", () => {
  const piece = fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 6 }));
  const holds = (text: string): boolean => {
    try {
      const { workspace, network, read: shown, limits } = read(text);
      const numbers = Object.values(limits).filter((each) => each !== undefined);
      const names = network.hosts.every((host) => /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?$/.test(host));
      const plain = shown.every((path) => path.startsWith("/")) && ["rw", "ro"].includes(workspace);
      return names && plain && numbers.every((each) => Number.isInteger(each) && each >= 1);
    } catch (error) {
      return error instanceof UsageError && error.hint !== "";
    }
  };
  const property = fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => holds(pieces.join("")));
  const { counterexample, errorInstance } = fc.check(property, { numRuns: 500 });
  expect([counterexample, errorInstance]).toEqual([null, null]);
});
