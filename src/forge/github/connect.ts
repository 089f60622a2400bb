import { Octokit } from "octokit";
import { ClawError } from "../../errors.ts";
import { type Remembered, transport } from "./transport.ts";

/** Where the API is, and how patient to be. */
export interface Access {
  readonly api: string;
  readonly userAgent: string;
  /** The longest wait for a rate limit that is still worth it, in milliseconds. */
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
  /** Told before each wait for a rate limit. */
  readonly onWait?: (seconds: number) => void;
  /** The wait before a failed read is asked again, four and nine times as long after that; in milliseconds, 500 unless given. */
  readonly backoffMs?: number;
  /** False for a server of one's own that minds no hurry: writes come without a second or more between them. */
  readonly paced?: boolean;
  /** What was answered before, by this process. */
  readonly remembered?: Remembered;
}

/** The plugin that retries does not look at the signal while it waits: its longest wait must be shorter than a stop may take. */
const BACKOFF_MS = 500;

const silent = (): void => {};

/** Octokit for one server: it says nothing by itself. */
export const octokitFor = ({
  api,
  userAgent,
  signal,
  remembered = new Map(),
}: Pick<Access, "api" | "userAgent" | "remembered"> & { readonly signal?: AbortSignal | undefined }) =>
  Octokit.defaults({
    baseUrl: api,
    userAgent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: { fetch: transport(remembered), ...(signal && { signal }) },
  });

/**
 * Octokit with its own throttling and retries: writes a second apart, and a failed read is asked again. A failed write never
 * is: nobody knows whether it was done.
 */
export function connect(token: string, { backoffMs = BACKOFF_MS, paced = true, ...server }: Access): Octokit {
  // The plugin would wait without looking at the signal, and keep the process alive: see limits.ts.
  const noWait = (): boolean => false;
  const octokit = new (octokitFor(server))({
    auth: token,
    retry: { retryAfterBaseValue: backoffMs },
    // The limits are those of a server; without a name all servers share them.
    throttle: { enabled: paced, id: server.api, onRateLimit: noWait, onSecondaryRateLimit: noWait },
  });
  octokit.hook.before("request", (options) => {
    if (options.method !== "GET") options.request = { ...options.request, retries: 0 };
    // A token goes to the address it was configured for, and nowhere a server points to.
    options.request = { ...options.request, redirect: "manual" };
  });
  octokit.hook.after("request", ({ status, data }, { request, mediaType }) => {
    if (request?.["mayRedirect"] === true) return;
    // A page for people, as a wrong address or a proxy that wants a log-in gives it.
    if (typeof data === "string" && !mediaType?.format)
      throw new ClawError(`what answers at ${server.api} is not GitHub's API: it sends text`, {
        outcome: "forge-unavailable",
        hint: "give the address of the API in config.yaml, forge.hosts.<host>.api, or look at the proxy in between",
      });
    if (status < 300 || status >= 400) return;
    throw new ClawError("the repository has another name now: the forge answers with a redirection", {
      outcome: "forge-unavailable",
      hint: "name it as it is called today: git remote set-url origin <address>",
    });
  });
  return octokit;
}
