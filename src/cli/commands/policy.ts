import { family } from "../command.ts";
import { explain } from "../policy/explain.ts";
import { test } from "../policy/test.ts";

export const policy = family([
  ["explain", "Say which rule decides about a path, a command or a host", explain],
  ["test", "Say what today's policy would have decided in past runs", test],
]);
