import type { Endpoint } from "../endpoint.ts";

/** The context length of a provider's model, in tokens, from the price list shipped with the program; null when it is in none. */
export async function listedWindow({ baseUrl, model, selfHosted }: Endpoint): Promise<number | null> {
  if (selfHosted) return null;
  const { calcPrice, findProvider } = await import("@pydantic/genai-prices");
  const provider = findProvider({ providerApiUrl: baseUrl });
  if (provider === undefined) return null;
  return calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { provider })?.model.context_window ?? null;
}
