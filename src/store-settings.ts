import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

/** Where the ledger, its bodies and the queue are kept, when not in a file below CLAW_HOME. */
export const StoreSettings = z
  .strictObject({
    postgres: KeyReference.meta({
      description:
        "Where the address of a PostgreSQL database is found, such as postgres://claw:password@db.example.com/claw?sslmode=verify-full.",
    }),
  })
  .optional()
  .meta({
    description: "Keeps ledger and queue in a database that many machines share; see claw help store.",
  });
