import { z } from "zod";
import type { Config } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { ModelWish } from "../workflows/model-wish.ts";

/** How the search engine is named where a model would be. */
const SEARCH_LABEL = "search-v1";

/** The value of --engine. */
export const engineOption = z.enum(["native", "search"], { error: "is native or search" }).optional();

export interface EngineChoice {
  readonly engine: "native" | "search";
  readonly model: ModelWish;
  /** A line for the user when nobody chose; null when somebody did. */
  readonly because: string | null;
}

/** Who writes the patch: the engine that is named, else a model's when there is any, else the search engine, which needs none. */
export function chooseEngine(
  { engine, model }: { readonly engine?: EngineChoice["engine"] | undefined; readonly model?: string | undefined },
  config: Pick<Config, "model" | "user">,
): EngineChoice {
  if (engine === "search" && model !== undefined)
    throw new UsageError("the search engine asks no model", "leave out --model, or --engine search");
  const configured = model ?? config.model ?? config.user.model ?? Object.keys(config.user.endpoints)[0];
  if (engine === "native" || (engine === undefined && configured !== undefined))
    return { engine: "native", model, because: null };
  const because =
    engine === "search"
      ? null
      : "No model is configured, so the search engine works: it tries small changes until a failing test passes (--repro names one). For a model set OPENAI_API_KEY or ANTHROPIC_API_KEY, or OPENAI_BASE_URL for a server of your own.";
  return { engine: "search", model: { label: SEARCH_LABEL }, because };
}
