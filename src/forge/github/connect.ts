import { Octokit } from "octokit";
import { ClawError } from "../../errors.ts";
import type { Answers } from "./answers.ts";
import { checkReply } from "./replies.ts";
import { Moved } from "./moved.ts";
import { leadsWithin, transport } from "./transport.ts";

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
  /** What was answered before. */
  readonly answers?: Answers;
}

/** The plugin that retries does not look at the signal while it waits: its longest wait must be shorter than a stop may take. */
const BACKOFF_MS = 500;

const silent = (): void => {};

/** Octokit for one server: it says nothing by itself, follows nobody, and gives no answer that is unlike GitHub's. */
export const octokitFor = ({
  api,
  userAgent,
  signal,
  answers,
}: Pick<Access, "api" | "userAgent" | "answers"> & { readonly signal?: AbortSignal | undefined }) =>
  Octokit.plugin((octokit) => guard(octokit, api)).defaults({
    baseUrl: api,
    userAgent,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: { fetch: transport(answers), ...(signal && { signal }) },
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
  });
  return octokit;
}

/** What holds for every question: where it goes, and what counts as an answer. */
function guard({ hook }: Pick<Octokit, "hook">, api: string): void {
  hook.before("request", (options) => {
    // A token goes to the address it was configured for, and nowhere a server points to.
    options.request = { ...options.request, redirect: "manual" };
  });
  hook.after("request", ({ status, headers, data }, { method, url, request }) => {
    if (request?.["mayRedirect"] === true) return;
    if (status < 300 || status >= 400) return checkReply(api, { method, url, data });
    if (leadsWithin(headers.location, api)) throw new Moved();
    throw new ClawError(
      "the forge leads to another server, which gets no token: the repository has another name now, or something is wrong",
      {
        outcome: "forge-unavailable",
        hint: "name the repository as it is called today: git remote set-url origin <address>; or look at forge.hosts in config.yaml",
      },
    );
  });
}
