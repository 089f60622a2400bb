export { applyPatch } from "./apply-patch.ts";
export { bash } from "./bash.ts";
export { edit } from "./edit.ts";
export { finish } from "./finish.ts";
export { plan } from "./plan.ts";
export { read } from "./read.ts";
