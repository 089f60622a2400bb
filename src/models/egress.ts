import { ClawError } from "../errors.ts";

/** `local-only` means that no server outside this machine and its network is ever contacted, whatever else is configured. */
export function refuseCloud(label: string, selfHosted: boolean, saidBy: "config.yaml" | "claw.yaml"): void {
  if (selfHosted) return;
  throw new ClawError(`${label} is a cloud endpoint, and ${saidBy} says egress: local-only`, {
    outcome: "blocked",
    hint: "choose a model on your own machine or network with --model, or change that line",
  });
}
