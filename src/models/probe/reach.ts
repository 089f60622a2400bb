import { wordsOfPage } from "../classify.ts";
import type { Endpoint } from "../endpoint.ts";
import { ModelError, redact } from "../model-error.ts";
import { type ListedModel, readModelList } from "./facts.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { settingOf } from "./named.ts";
import { look, type Seen } from "./look.ts";

/** Whether a server can be talked to at all, and the models it lists; null where it lists none. */
export interface Reached {
  readonly finding: Finding;
  readonly models: readonly ListedModel[] | null;
}

const LIMIT_MS = 10_000;

const no = (text: string, remedy: string): Reached => ({ finding: problem("reach", text, remedy), models: null });

/** Asks for the list of models, which every server has, and says in one line what is wrong if it is not that. */
export async function reach(endpoint: Endpoint, signal: AbortSignal): Promise<Reached> {
  const keyName = endpoint.keyName ?? "its key";
  try {
    const key = await endpoint.key();
    if ((key === undefined || key === "") && !endpoint.selfHosted)
      return no(
        `no key: ${keyName} is not set`,
        `set ${keyName}, or name another key under ${settingOf(endpoint, "key")}`,
      );
    return reached(endpoint, await look(endpoint, { path: "/models", limitMs: LIMIT_MS, signal }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    return no(error.message, remedyFor(error, endpoint));
  }
}

function reached(endpoint: Endpoint, seen: Seen): Reached {
  const { baseUrl, keyName } = endpoint;
  const { status, headers, text, json, ms } = seen;
  const says = redact(messageOf(json) ?? wordsOfPage(text));
  const said = says === "" ? "" : `: ${says.slice(0, 120)}`;
  if (status >= 300 && status < 400)
    return no(
      `${baseUrl}/models redirects to ${redact(String(headers.location ?? "somewhere else")).slice(0, 200)}`,
      "no redirect is followed, since the key would go along; put the address it leads to into config.yaml",
    );
  if (status === 401 || status === 403)
    return no(
      keyName === undefined
        ? `the server asks for a key (${status})`
        : `the server refuses the key of ${keyName} (${status})${said}`,
      keyName === undefined
        ? `name one under ${settingOf(endpoint, "key")} in config.yaml: { env: NAME }`
        : `check ${keyName} and what it may use`,
    );
  if (/https? port|http request to an? https/i.test(says))
    return no(`${baseUrl} speaks TLS${said}`, "write https:// in the address");
  if (/^\s*</.test(text))
    return no(
      `${baseUrl} sent a web page instead of a list of models (${status})${said}`,
      "the address of an API usually ends in /v1",
    );
  if (status === 503)
    return no(`the server is not ready (503)${said}`, "wait until the model is loaded, then try again");
  if (status === 404 || status === 405)
    return { finding: warning("reach", `it answers, and has no list of models (${status})`), models: null };
  if (status >= 400) return no(`the server answered ${status}${said}`, "look into its log");
  const models = readModelList(json);
  if (models === null)
    return no(
      `${baseUrl} answered ${status}, and not with a list of models${said}`,
      "the address of an API usually ends in /v1",
    );
  if (models.length === 0)
    return no(
      "it serves no model: its list is empty",
      "load one: ollama pull <model>, lms load <model>, or start the server with one",
    );
  const count = models.length === 1 ? (models[0]?.id ?? "") : `${models.length} models`;
  return { finding: ok("reach", `${baseUrl} answers in ${Math.round(ms)} ms: ${count}`), models };
}

/** The words of an error object, in either shape. */
function messageOf(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { error = json } = json as { error?: unknown };
  if (typeof error === "string") return error;
  const { message } = error as { message?: unknown };
  return typeof message === "string" ? message : undefined;
}

/** What to do about a request that brought no answer. */
export function remedyFor(error: ModelError, { baseUrl, keyName }: Endpoint): string {
  const { protocol, host } = new URL(baseUrl);
  switch (error.kind) {
    case "unreachable":
      return `is a server running there? try: curl ${baseUrl}/models`;
    case "not_an_api":
      // Without a broken connection behind it, it is a page or a reply that an API would not give.
      if (error.cause === undefined) return error.hint;
      return protocol === "https:"
        ? `no TLS there: write http://${host} in the address`
        : `not HTTP: if it speaks TLS, write https://${host} in the address`;
    case "stream_truncated":
      return protocol === "http:"
        ? `it hung up: if it speaks TLS, write https://${host} in the address; else look into its log`
        : "it hung up: look into its log";
    case "timeout_connect":
    case "timeout_headers":
    case "timeout_idle":
    case "timeout_total":
      return "it accepts connections and does not answer: look into its log, or restart it";
    case "auth":
      return `check ${keyName ?? "the key"}`;
    default:
      return error.hint.replace(/,? ?(then|later)?:? ?claw resume <run>/, "").trim() || "look into the server's log";
  }
}
