import { check } from "../roles/check.ts";
import { family } from "../command.ts";

export const roles = family([["check", "Check a role file, and say what it allows", check]]);
