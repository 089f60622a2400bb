import { z } from "zod";
import { command } from "../command.ts";

export const version = command({
  options: [["--json", "print a JSON object"]],
  more: `Examples:
  claw version
  claw version --json`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, { app, out }) {
    const { version: text } = await app();
    out(json ? JSON.stringify({ version: text, node: process.versions.node }) : text);
  },
});
