import { z } from "zod";
import { command } from "../command.ts";
import { completionScripts } from "../completion/scripts.ts";

export const completion = command({
  arguments: "<shell>",
  more: `Prints a script for bash, zsh or fish. With it a tab completes commands, options, runs, models and endpoints.

Examples:
  source <(claw completion bash)                                     in ~/.bashrc
  source <(claw completion zsh)                                      in ~/.zshrc, after compinit
  claw completion fish > ~/.config/fish/completions/claw.fish`,
  input: z.object({ shell: z.enum(["bash", "zsh", "fish"], "must be bash, zsh or fish") }),
  run: async ({ shell }, { out }) => out(completionScripts[shell]),
});
