import { z } from "zod";
import { roles } from "../../policy/roles.ts";
import { workspaceFor } from "../checkouts.ts";
import { clearAwayFiles } from "../clear-away.ts";
import { stillSetUp } from "../fix/setup.ts";
import { roleRoom } from "../role-for.ts";
import { openRoom } from "../sandboxes.ts";
import { stage } from "../stage.ts";
import { type RunEnd, workflow } from "../workflow.ts";
import { agreeInPlace, InPlace } from "./in-place.ts";
import { Opened, openWorkspace, SESSION } from "./open.ts";
import { holdSession } from "./session.ts";

/** What a session begins with. */
const ChatInput = z.object({
  /** The person's first words, in one line: what the run is listed as. */
  title: z.string(),
  /** Its changes go into the person's files as they come; absent: only when they take them over. */
  inPlace: InPlace.optional(),
});

/** A person and a model, turn by turn, in a private copy of the person's files. It ends when they say so. */
export const chat = workflow({
  name: "chat",
  about: "work with a person, turn by turn, in a private copy of the repository",
  input: ChatInput,
  async run({ inPlace }, desk): Promise<RunEnd> {
    await agreeInPlace(desk, inPlace);
    const recorded = await stage(desk, "workspace", Opened, () => openWorkspace(desk));
    const opened = { ...recorded, ...(await stillSetUp(desk, recorded)) };
    const dir = await workspaceFor(desk, SESSION, opened.tree);
    const room = await openRoom(desk, {
      purpose: "chat",
      dir,
      tree: opened.tree,
      dependencies: opened.dependencies,
      ...(await roleRoom(desk, roles.chat)),
    });
    let end: RunEnd;
    try {
      end = await holdSession(desk, { dir, room, opened });
    } finally {
      await room.close();
    }
    // What the session made is on record: its files need not lie here until somebody goes on with it.
    if (end.pauses) await clearAwayFiles(desk.dir);
    return end;
  },
});
