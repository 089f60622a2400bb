import { openStore } from "../../src/store/open.ts";
import { freshDatabase } from "../support/postgres.ts";
import { queueContract } from "./queue-contract.ts";

queueContract({
  name: "PostgreSQL",
  async open() {
    const url = await freshDatabase();
    const [store, other] = [await openStore(url), await openStore(url)];
    return { store, other, close: async () => void (await Promise.all([store.close(), other.close()])) };
  },
});
