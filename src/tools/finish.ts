import { z } from "zod";
import { headline } from "../text.ts";
import { tool } from "./tool.ts";

export const finish = tool({
  name: "finish",
  about:
    "Say that the work is done, or that you are blocked. claw then checks it itself and tells you what is missing.",
  effect: "stop",
  input: z.strictObject({
    outcome: z.enum(["done", "blocked"]),
    summary: z.string().describe("What was wrong and what you did, for a reviewer"),
    test_commands: z.array(z.string()).nullable().describe("Only when the task asks for them"),
  }),
  summary: ({ outcome, summary }) => `${outcome}: ${headline(summary)}`,
  async run({ outcome, summary, test_commands: testCommands }, desk) {
    const answer = await desk.finish({ outcome, summary, testCommands: testCommands ?? [] });
    return answer.accepted
      ? { ok: true, text: "accepted", finished: answer.detail }
      : { ok: false, text: answer.message, why: headline(answer.message, 200) };
  },
});
