export { native } from "./native.ts";
export { search } from "./search/search.ts";
