export { protectedPaths } from "./protected-paths.ts";
export { regressions } from "./regressions.ts";
export { scope } from "./scope.ts";
export { secrets } from "./secrets.ts";
export { size } from "./size.ts";
export { tamper } from "./tamper.ts";
