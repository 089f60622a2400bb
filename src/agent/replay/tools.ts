import { LedgerBroken } from "../../errors.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { readMessage } from "../../ledger/read-body.ts";
import type { ToolSpec } from "../../models/model.ts";
import type { Tool, ToolResult } from "../../tools/tool.ts";
import { ofType } from "../../views/run.ts";
import { RecordEnds, type Script } from "./script.ts";

/** Tools that touch nothing: each call is answered as the record says it was. */
export function recordedTools(script: Script, ledger: Pick<Ledger, "text">, specs: readonly ToolSpec[]): Tool[] {
  const { before, facts, session } = script.stretch;
  const all = [...before, ...facts];
  const judged = ofType(all, "call.judged").filter((event) => event.session === session);
  const finished = ofType(all, "call.finished").filter((event) => event.session === session);
  return specs.map((spec) => ({
    spec,
    effect: judged.find(({ tool }) => tool === spec.name)?.effect ?? "read",
    summary: () => "",
    async call(_, { number }) {
      const answer = finished[number - 1];
      if (!answer) throw new RecordEnds();
      return resultOf(answer, await ledger.text(answer.message), script);
    },
  }));
}

function resultOf(
  { seq, ok, message }: EventOf<"call.finished"> & { readonly seq: number },
  text: string,
  script: Script,
): ToolResult {
  const said = readMessage(text);
  if (said.role !== "tool")
    throw new LedgerBroken(
      `body ${message} is no answer of a tool`,
      "claw has never written it: do not trust this record",
    );
  // An accepted finish is recorded together with the end of its session.
  const end = script.stretch.facts.find((fact) => fact.seq === seq + 1);
  const finished = end?.type === "session.ended" && end.reason === "finished" ? end.detail : undefined;
  return { ok, text: said.text, ...(finished !== undefined && { finished }) };
}
