export { chat } from "./chat/chat.ts";
export { fix } from "./fix/fix.ts";
export { flow } from "./flow/flow.ts";
export { localise } from "./localise/ranking.ts";
export { triage } from "./triage/triage.ts";
