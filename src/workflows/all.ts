export { fix } from "./fix/fix.ts";
export { localise } from "./localise/ranking.ts";
export { triage } from "./triage/triage.ts";
