export { slugify, type SlugOptions } from "./slugify.ts";
export { uniqueSlug } from "./unique.ts";
