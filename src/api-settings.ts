import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

const path = z.string().regex(/^\//, "must be an absolute path");

/** Where a person's token is found, and which repositories it is good for; those that are served where none is named. */
const Token = z.union([
  KeyReference,
  z.strictObject({ token: KeyReference, repositories: z.array(path).min(1).optional() }),
]);

/** Who may use `claw serve --api`. Tokens are named, never written out. */
export const ApiSettings = z
  .strictObject({
    tokens: z.record(z.string().trim().min(1).max(200), Token).default({}).meta({
      description:
        "By the person who has it: what they decide goes on record under this name. With repositories, only their tasks and runs are there for them.",
    }),
    hosts: z.array(z.string().min(1)).default([]).meta({
      description: "Names that the API may be called by besides its own address, as host or host:port.",
    }),
    perMinute: z.int().min(1).default(120).meta({ description: "Most requests of one caller in a minute." }),
  })
  .prefault({});
export type ApiSettings = z.infer<typeof ApiSettings>;
