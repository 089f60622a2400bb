import { systemClock as clock } from "../../src/clock.ts";
import { thisProcess } from "../../src/ledger/owner.ts";
import { openStore } from "../../src/store/open.ts";
import { jobAbout } from "./job.ts";

// A process beside a pool. "hold": takes one job and keeps it until it is killed. "add": adds so many jobs, one after the other,
// and says when each was there, in milliseconds since the epoch.
const [place = "", what = "", count = "0"] = process.argv.slice(2);
const { queue, ...store } = await openStore(place);
if (what === "hold") {
  const now = clock.now();
  const limits = new Map<string, number>();
  await queue.claim({ owner: `${thisProcess()} 1`, now, until: now + 30_000, kinds: ["task"], lanes: [], limits });
  process.stdout.write("held\n");
  setInterval(() => {}, 60_000);
} else {
  for (let added = 0; added < Number(count); added += 1) {
    await clock.sleep(20 + 60 * clock.random());
    const now = clock.now();
    await queue.move([{ kind: "add", now, job: jobAbout(String(performance.timeOrigin + performance.now()), now) }]);
  }
  await store.close();
  process.exit(0);
}
