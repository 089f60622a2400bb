import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../src/store/sqlite.ts";
import { queueContract } from "./queue-contract.ts";

queueContract({
  name: "SQLite",
  async open() {
    const dir = await mkdtemp(join(tmpdir(), "claw-queue-"));
    const [store, other] = [await openSqlite(join(dir, "l.sqlite")), await openSqlite(join(dir, "l.sqlite"))];
    const close = async (): Promise<void> => {
      await Promise.all([store.close(), other.close()]);
      await rm(dir, { recursive: true });
    };
    return { store, other, close };
  },
});
