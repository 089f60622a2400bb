import { fileURLToPath } from "node:url";

/** The folder with the project that `claw demo` copies. In a file of its own, as deep as the built program's parts are. */
export const demoProject = fileURLToPath(new URL("../../demo/", import.meta.url));
