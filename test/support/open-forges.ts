import type { Forge, Place } from "../../src/forge/forge.ts";
import { type ForgeWishes, openForge } from "../../src/forge/open.ts";
import type { ForgeServer } from "./forge-server.ts";

/** Opens forges of a test's server, with its token for everything; `more` says otherwise. */
export const forgesOf =
  ({ host, url, token }: Pick<ForgeServer, "host" | "url" | "token">, more: Partial<ForgeWishes> = {}) =>
  (place: Place): Promise<Forge> =>
    openForge(place, {
      hosts: { [host]: { api: `${url}/api/v3`, web: url } },
      credential: async () => ({ kind: "tokens", read: token, write: token }),
      onToken: () => {},
      version: "t",
      patienceMs: 0,
      ...more,
    });
