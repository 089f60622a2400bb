// The editor many models were trained on is one tool whose `command` says what it does. claw has a tool for each.

/** The tool a command stands for and that tool's arguments, or why there is none. */
export type EditorCommand =
  | { readonly tool: string; readonly args: Record<string, unknown> }
  | { readonly error: string };

/**
 * Reads an editor's call, its arguments already under the names that `edit` has for them. Undefined when its `command`
 * is none of the editor's. Pure.
 */
export function editorCommand(sent: Record<string, unknown>): EditorCommand | undefined {
  const { command, file_text: content, old_string: before, new_string: after, ...others } = sent;
  const rest = withoutUnused(others);
  switch (typeof command === "string" ? command.trim().toLowerCase() : undefined) {
    case "view":
      return { tool: "read", args: rest };
    case "create":
      if (typeof content !== "string") return { error: "file_text is missing (a string)" };
      if (!isUnused(before) || !(isUnused(after) || after === content))
        return { error: "create takes path and file_text only: is it str_replace that you mean?" };
      return { tool: "edit", args: { ...rest, old_string: "", new_string: content } };
    case "str_replace":
      // An empty passage would replace the whole file.
      if (isUnused(before)) return { error: "old_str is missing (a string)" };
      if (!isUnused(content)) return { error: "str_replace takes no file_text: is it create that you mean?" };
      return { tool: "edit", args: { ...rest, old_string: before, new_string: after } };
    case "insert":
      return { error: "there is no insert: use edit, with a line beside it in old_string and again in new_string" };
    case "undo_edit":
      return { error: "there is no undo_edit: use edit to put the old text back" };
    default:
      return undefined;
  }
}

/** Some models fill in every argument the editor has, whatever the command: those that say nothing are left out. */
function withoutUnused(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).filter(([key, value]) => !["insert_line", "view_range"].includes(key) || !isUnused(value)),
  );
}

const isUnused = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || value === 0 || (Array.isArray(value) && value.length === 0);
