import { Overdrawn } from "../../errors.ts";
import type { Account, MoneyMove, Scope, Store } from "../store.ts";
import type { Database, Sql } from "./database.ts";

/** The accounts that all processes on one database share; what they mean is said at `MoneyMove`. */
export function accountsOf(db: Database): Pick<Store, "accounts" | "settleGone"> {
  return {
    accounts: (scopes) => db.read((sql) => Promise.all(scopes.map((scope) => account(sql, scope)))),
    async settleGone(gone) {
      const owners = await db.read((sql) => sql<{ owner: string }>("SELECT DISTINCT owner FROM claw.reservations"));
      for (const { owner } of owners) {
        if (!gone(owner)) continue;
        await db.write(async (sql) => {
          const held = await sql<{ id: string }>(
            "SELECT DISTINCT id FROM claw.reservations WHERE owner = $1 ORDER BY id",
            owner,
          );
          for (const { id } of held) await settle(sql, id, null, []);
        });
      }
    },
  };
}

/** One change of the accounts, inside the transaction of what it means. Throws Overdrawn. */
export function applyMove(sql: Sql, move: MoneyMove): Promise<void> {
  return move.kind === "reserve" ? reserve(sql, move) : settle(sql, move.id, move.nano, move.scopes);
}

async function account(sql: Sql, scope: string): Promise<Account> {
  const [found] = await sql<Account>("SELECT scope, spent, reserved FROM claw.accounts WHERE scope = $1", scope);
  return found ?? { scope, spent: 0, reserved: 0 };
}

/** Whoever takes the reservation away charges it: nobody else can. */
async function settle(sql: Sql, id: string, paid: number | null, scopes: readonly Scope[]): Promise<void> {
  const held = await sql<{ scope: string; nano: number }>(
    "DELETE FROM claw.reservations WHERE id = $1 RETURNING scope, nano",
    id,
  );
  const changes =
    held.length > 0
      ? held.map(({ scope, nano }) => ({ scope, reserved: -nano, spent: paid ?? nano }))
      : paid === null || paid === 0
        ? []
        : scopes.map(({ scope }) => ({ scope, reserved: 0, spent: paid }));
  for (const { scope, reserved, spent } of inOrder(changes)) {
    await sql(
      `INSERT INTO claw.accounts AS held (scope, spent, reserved) VALUES ($1, $2, $3)
       ON CONFLICT (scope) DO UPDATE SET spent = held.spent + excluded.spent, reserved = held.reserved + excluded.reserved`,
      scope,
      spent,
      reserved,
    );
  }
}

/** The limit is checked by the update itself, so no two writers pass it together. */
async function reserve(sql: Sql, { id, owner, nano, scopes }: Extract<MoneyMove, { kind: "reserve" }>): Promise<void> {
  await settle(sql, id, null, []);
  for (const { scope, limit } of inOrder(scopes)) {
    void sql(
      "INSERT INTO claw.accounts (scope, spent, reserved) VALUES ($1, 0, 0) ON CONFLICT (scope) DO NOTHING",
      scope,
    );
    const done = await sql(
      `UPDATE claw.accounts SET reserved = reserved + $2
       WHERE scope = $1 AND ($3::bigint IS NULL OR spent + reserved + $2 <= $3) RETURNING scope`,
      scope,
      nano,
      limit,
    );
    if (done.length === 0 && limit !== null)
      throw new Overdrawn({ ...(await account(sql, scope)), limit, asked: nano });
    void sql("INSERT INTO claw.reservations (id, scope, nano, owner) VALUES ($1, $2, $3, $4)", id, scope, nano, owner);
  }
}

/** Accounts are always changed in the same order: two who change the same ones never wait for each other in a circle. */
const inOrder = <Change extends { readonly scope: string }>(changes: readonly Change[]): readonly Change[] =>
  changes.toSorted((one, other) => (one.scope < other.scope ? -1 : 1));
