import type { StartRequest, Watch } from "../workflows/start.ts";

const MINUTES = 10;

/** A localisation as it is started: everything but who watches. No model is asked. */
export async function localiseWork(
  { test, base, testCommand }: Readonly<Record<"test" | "base" | "testCommand", string | undefined>>,
  cwd: string,
): Promise<Omit<StartRequest, keyof Watch>> {
  const { localise: workflow } = await import("../workflows/localise/ranking.ts");
  return {
    workflow,
    cwd,
    baseRef: base,
    model: { label: null },
    limits: { usdNano: null, turns: 0, tokens: 0, wallMs: MINUTES * 60_000, attempts: 1 },
    input: (put) => ({
      source: "the command line",
      text: put(`Where does ${test ?? "what fails"} point?`),
      testCommand: testCommand ?? null,
      repro: test ?? null,
      engine: "search",
    }),
  };
}
