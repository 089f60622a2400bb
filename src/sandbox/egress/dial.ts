import { connect, type Socket } from "node:net";
import { notPublic } from "./addresses.ts";

/** All addresses of a name, as the system's resolver gives them. Rejects with an error that has a `code`. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export type Resolved =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** Resolves a name once. One address that is not public is enough to refuse it, unless the user trusts the host. */
export async function resolveHost(host: string, lookup: Lookup, trusted: boolean): Promise<Resolved> {
  let addresses: readonly string[];
  try {
    addresses = [...new Set(await lookup(host))];
  } catch (error) {
    return {
      ok: false,
      why: `its name does not resolve (${(error as NodeJS.ErrnoException).code ?? "no reason given"})`,
    };
  }
  if (addresses.length === 0) return { ok: false, why: "its name does not resolve" };
  for (const address of trusted ? [] : addresses) {
    const what = notPublic(address);
    if (what !== null) return { ok: false, why: `it resolves to ${address}, which is not public (${what})` };
  }
  return { ok: true, addresses };
}

/** Connects to the first of the checked addresses that answers, each within `ms`. Rejects with the last one's error. */
export async function dial(addresses: readonly string[], port: number, ms: number): Promise<Socket> {
  let last: unknown = new Error("there is no address");
  for (const address of addresses) {
    try {
      return await dialOne(address, port, ms);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

const dialOne = (address: string, port: number, ms: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })), ms);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("close", () => clearTimeout(timer));
  });
