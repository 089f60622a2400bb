import { ModelError } from "./model-error.ts";
import type { ConnectedModel, Reply } from "./model.ts";

/**
 * Why a reply must not be used: another model gave it than the one that was asked. Null when it may be. `before` is who
 * gave the session's earlier replies, if it has any.
 *
 * A server must name the model that was asked, a dated snapshot of it, or one that the endpoint's owner declared. One of
 * one's own may instead name the file that it loaded, but not another one within a session.
 */
export function otherModel(reply: Reply, { info }: Pick<ConnectedModel, "info">, before?: string): ModelError | null {
  const { servedModel } = reply;
  if (servedModel === "" || info.wire === "scripted") return null;
  const accepted = [info.model, ...(info.alsoServes ?? [])];
  if (accepted.some((name) => isSameModel(name, servedModel))) return null;
  const isOfSession = before === undefined ? isFile(servedModel) : isSameModel(before, servedModel);
  if (info.selfHosted && isOfSession) return null;
  const where = { name: info.endpoint, baseUrl: "", model: info.model };
  const asked = info.selfHosted ? (before ?? info.model) : info.model;
  const error = new ModelError("wrong_model", `${info.endpoint} answered as ${servedModel}, not as ${asked}`, {
    where,
  });
  error.usage = reply.usage;
  error.heard = reply.heard ?? null;
  return error;
}

/** Does the name say where a model's weights lie? llama.cpp without an alias and servers of a folder answer so. */
const isFile = (name: string): boolean => /^[~.]{0,2}[/\\]|^[a-z]:\\|\.(?:gguf|ggml|bin|safetensors)$/i.test(name);

/** Whether a served name is the asked one, or a more or less exact name of the same: "gpt-5.5" and "gpt-5.5-2026-04-23". */
export function isSameModel(asked: string, served: string): boolean {
  const [a, b] = [nameOf(asked), nameOf(served)];
  if (a.words.join() === b.words.join()) return a.date === "" || b.date === "" || a.date === b.date;
  // Who asks for the latest of a line leaves the version to the provider: "gemini-flash-latest" and "gemini-2.5-flash".
  return asked.endsWith("-latest") && a.words.every((word) => b.words.includes(word));
}

/** A snapshot's date as providers write it: -2026-04-23, -20260423, @20260423, -08-2024, -0613, -2411, -001, or "latest". */
const dated =
  /[-@](?:(20\d\d)-?(\d\d)-?(\d\d)|(\d\d)-(20\d\d)|(0[1-9]\d\d|1[0-2]\d\d)|(2\d(?:0[1-9]|1[0-2]))|00\d|latest)$/;

/**
 * The words of a name, without the maker, the route and the date: gateways write "anthropic/claude-4.5-sonnet" and
 * "us.anthropic.claude-sonnet-4-5-20250929-v1:0" for one model. Fine-tuned models have no other names than their own.
 */
function nameOf(name: string): { readonly words: readonly string[]; readonly date: string } {
  if (name.startsWith("ft:")) return { words: [name], date: "" };
  const plain = name
    .toLowerCase()
    .replace(/^.*[/]/, "")
    .replace(/^(?:(?:us|eu|apac|global)\.)?(?:anthropic|openai|meta|mistral)\./, "")
    .replace(/(?:-v\d+)?:(?:\d+|free|nitro|floor|online|extended)$/, "");
  const date = dated.exec(plain);
  const words = plain
    .replace(dated, "")
    .replace(/(\d)-(\d{1,2})(?!\d)/g, "$1.$2")
    .replace(/\.0(?=-|$)/g, "")
    .split("-");
  return { words: words.toSorted(), date: date === null ? "" : date.slice(1).join("") };
}
