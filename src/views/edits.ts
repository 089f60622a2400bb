import type { EventOf } from "../ledger/events.ts";

/** Tools that change files by themselves: a session is offered one of them. */
export const isEdit = (tool: string): boolean => tool === "edit" || tool === "apply_patch";

/** The files that such a call is about, as the model names them: "write src/a.ts", or the list of a patch. */
export const editedPaths = ({ tool, summary }: Pick<EventOf<"call.judged">, "tool" | "summary">): readonly string[] =>
  tool === "apply_patch" ? summary.split(", ") : [summary.replace(/^write /, "")];
