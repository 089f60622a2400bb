import { windowFlag } from "./advice.ts";
import { type Bench, failed, perSecond } from "./bench.ts";
import { type Canary, canary } from "./canary.ts";
import { listedWindow } from "./catalogue.ts";
import { targetWords } from "./named.ts";
import { type Finding, inThousands, LEAST_WINDOW, ok, problem, skipped, warning } from "./finding.ts";

/** How much context a model has, in tokens: as it is said, as it was tried, and what to go by. */
export interface Window {
  readonly findings: readonly Finding[];
  readonly declared: number | null;
  readonly probed: number | null;
  readonly used: number | null;
  readonly prefill: number | null;
}

/** Tries a long prompt out, where that costs nothing or was asked for. */
export async function measureWindow(bench: Bench): Promise<Window> {
  const { endpoint, facts, desk, perMillion } = bench;
  const declared = facts.window ?? (await listedWindow(endpoint));
  const says = declared === null ? "" : `the server says ${inThousands(declared)} tokens; `;
  if (desk.context === null && !endpoint.selfHosted) {
    const cost = perMillion === null ? "money" : `about $${((perMillion * LEAST_WINDOW) / 1e15).toFixed(3)}`;
    const listed = declared === null ? "" : `${inThousands(declared)} tokens are listed; `;
    const finding = skipped(
      "window",
      `${listed}not tried out, since that costs ${cost}`,
      `try it: claw models probe ${targetWords(endpoint, endpoint.model)} --context ${LEAST_WINDOW}`,
    );
    return { findings: [finding], declared, probed: null, used: declared, prefill: null };
  }
  const wish = desk.context ?? LEAST_WINDOW;
  const wanted = declared === null ? wish : Math.min(wish, declared);
  desk.onStep(`sending ${endpoint.model} ${inThousands(wanted)} tokens, to see how much of them it reads`);
  const word = `heron-${Math.floor(desk.clock.random() * 9_000 + 1_000)}`;
  try {
    const found = await canary((messages, max) => bench.ask(messages, { max }), word, wanted);
    return { ...judgeCanary(found, { bench, wanted, declared, says }), declared, prefill: prefillOf(found) };
  } catch (error) {
    return { findings: [failed("window", error, bench)], declared, probed: null, used: declared, prefill: null };
  }
}

function prefillOf({ tries }: Canary): number | null {
  const longest = tries.filter(({ refused }) => !refused).toSorted((a, b) => b.tokens - a.tokens)[0];
  return longest ? perSecond(longest.counted ?? longest.tokens, longest.firstByteMs) : null;
}

function judgeCanary(
  { longest, tries }: Canary,
  { bench, wanted, declared, says }: { bench: Bench; wanted: number; declared: number | null; says: string },
): Pick<Window, "findings" | "probed" | "used"> {
  const { endpoint, facts } = bench;
  if (longest === null)
    return {
      findings: [
        warning(
          "window",
          `${says}the model did not repeat a code word from a short text, so nothing could be measured`,
          "choose a larger model",
        ),
      ],
      probed: null,
      used: declared,
    };
  if (longest >= wanted) {
    const more =
      declared === null ? `runs go by that; if it has more, try it: claw models probe --context ${4 * longest}` : null;
    const finding = ok("window", `${says}the first of ${inThousands(longest)} tokens was read`, more);
    return { findings: [finding], probed: longest, used: declared ?? longest };
  }
  const first = tries.find(({ tokens, passed }) => !passed && tokens > 0);
  const cut = first?.counted ?? null;
  const how = first?.refused
    ? "it refuses longer prompts"
    : cut !== null
      ? `of ${inThousands(first?.tokens ?? wanted)} tokens it counted ${cut}, and had not read the beginning: longer prompts are cut silently`
      : "of longer prompts the beginning is not read";
  const real = cut !== null && cut > longest && !first?.refused ? cut : longest;
  return {
    findings: [
      problem(
        "window",
        `${says}about ${inThousands(real)} tokens arrive: ${how}`,
        windowFlag(facts.kind, endpoint.model, facts.slots),
      ),
    ],
    probed: real,
    used: Math.min(real, declared ?? real),
  };
}
