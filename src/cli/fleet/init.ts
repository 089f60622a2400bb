import { z } from "zod";
import { command } from "../command.ts";
import { sharedLedger } from "./database.ts";

export const init = command({
  options: [["--json", "print one JSON object"]],
  more: `Makes the ledger and the queue in a PostgreSQL database, where they are not there yet, and says what each machine of the
fleet needs. Tables of an older queue (pg-boss) are brought up to date: let every worker end before. Nothing on this machine is
changed.

Examples:
  claw fleet init --store "postgres://claw@db.example.com/claw?sslmode=verify-full"

Exit codes: 0 it is there; 2 no database was named, or it refuses; 24 it cannot be reached`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const ledger = await sharedLedger(await desk.app());
    await ledger.queue.install?.();
    const { shown, inClear } = ledger.place;
    const { runs } = await ledger.size();
    if (json) return desk.out(JSON.stringify({ type: "fleet.init", version: 1, place: shown, inClear, runs }));
    desk.out(`✓ ledger and queue are in ${shown}: ${runs} runs`);
    if (inClear) desk.out("! the way there is not encrypted: add ?sslmode=verify-full to the address");
    desk.out(`
On every machine that is to work, in config.yaml:

  store: { postgres: { file: ~/.config/claw/database } }   # the address, in a file that only you can read
  work: { labels: [] }                                     # tasks labelled host:<label> go where it stands
  fleet: { repositories: {} }                              # paths of other machines, and where the same lies here

then:

  claw fleet push        takes runs and tasks of this machine's own ledger over there
  claw work              works on what is ready, there as anywhere
  claw fleet status      says who works on what`);
  },
});
