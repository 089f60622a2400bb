export { fix } from "./fix/fix.ts";
