import { mkdirSync, writeFileSync } from "node:fs";
import { manPage } from "./man-page.ts";

// Committed, so that a change of the command line shows in review, and so that an installed package has it.
mkdirSync(new URL("../man", import.meta.url), { recursive: true });
writeFileSync(new URL("../man/claw.1", import.meta.url), await manPage());
