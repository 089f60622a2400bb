import { z } from "zod";

const name = z.string().min(1);

/** Where a credential is found at the moment of use. Never the credential itself. */
export const KeyReference = z.union(
  [
    z.strictObject({ env: name }),
    z.strictObject({ file: name }),
    z.strictObject({ keychain: z.strictObject({ service: name, account: name.optional() }) }),
    z.strictObject({ gopass: name }),
    z.strictObject({ pass: name }),
    z.strictObject({ command: z.array(z.string()).min(1) }),
  ],
  {
    error:
      "say where the key is found: { env: NAME }, { file: PATH }, { keychain: { service: NAME } }, { gopass: PATH }, { pass: PATH } or { command: [PROGRAM, …] }; never the key itself",
  },
);
export type KeyReference = z.infer<typeof KeyReference>;

/** Where a person would look for the key, for hints. Never the key. */
export function keyPlace(reference: KeyReference): string {
  if ("env" in reference) return reference.env;
  if ("file" in reference) return reference.file;
  if ("keychain" in reference) return `the keychain (${reference.keychain.service})`;
  if ("gopass" in reference) return `gopass (${reference.gopass})`;
  if ("pass" in reference) return `pass (${reference.pass})`;
  return reference.command[0] ?? "the key command";
}

/** Names of the variables that references anywhere in a configuration name. */
export function variablesNamed(settings: unknown): readonly string[] {
  if (typeof settings !== "object" || settings === null) return [];
  const values = Object.values(settings);
  if ("env" in settings && typeof settings.env === "string" && values.length === 1) return [settings.env];
  return values.flatMap(variablesNamed);
}
