export { startUp } from "./start-up.ts";
export { firstRequest } from "./first-request.ts";
export { turns } from "./turns.ts";
export { memory } from "./memory.ts";
export { prompt } from "./prompt.ts";
export { ledger } from "./ledger.ts";
export { sandbox } from "./sandbox.ts";
