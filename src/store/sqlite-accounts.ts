import type { Database } from "better-sqlite3";
import { Overdrawn } from "../errors.ts";
import type { Account, MoneyMove, Scope } from "./store.ts";

interface Reservation {
  readonly scope: string;
  readonly nano: number;
}

/** The accounts' side of a transaction: every method runs inside one that the caller holds. */
export interface MoneyDesk {
  apply(move: MoneyMove): void;
  account(scope: string): Account;
  settleGone(gone: (owner: string) => boolean): void;
}

/** Plain SQL that any database speaks. The limit is checked by the update itself, so no two writers pass it together. */
export function moneyDesk(db: Database): MoneyDesk {
  const sql = {
    open: db.prepare("INSERT INTO accounts (scope, spent, reserved) VALUES (?, 0, 0) ON CONFLICT (scope) DO NOTHING"),
    reserve: db.prepare("UPDATE accounts SET reserved = reserved + ? WHERE scope = ? AND spent + reserved + ? <= ?"),
    reserveAlways: db.prepare("UPDATE accounts SET reserved = reserved + ? WHERE scope = ?"),
    settle: db.prepare("UPDATE accounts SET reserved = reserved - ?, spent = spent + ? WHERE scope = ?"),
    account: db.prepare("SELECT scope, spent, reserved FROM accounts WHERE scope = ?"),
    put: db.prepare("INSERT INTO reservations (id, scope, nano, owner) VALUES (?, ?, ?, ?)"),
    held: db.prepare("SELECT scope, nano FROM reservations WHERE id = ?"),
    drop: db.prepare("DELETE FROM reservations WHERE id = ?"),
    owners: db.prepare("SELECT DISTINCT owner FROM reservations"),
    ofOwner: db.prepare("SELECT DISTINCT id FROM reservations WHERE owner = ?"),
  };
  const account = (scope: string): Account =>
    (sql.account.get(scope) as Account | undefined) ?? { scope, spent: 0, reserved: 0 };

  const settle = (id: string, paid: number | null, scopes: readonly Scope[]): void => {
    const held = sql.held.all(id) as Reservation[];
    for (const { scope, nano } of held) sql.settle.run(nano, paid ?? nano, scope);
    if (held.length > 0) return void sql.drop.run(id);
    if (paid === null || paid === 0) return;
    for (const { scope } of scopes) {
      sql.open.run(scope);
      sql.settle.run(0, paid, scope);
    }
  };

  const reserve = ({ id, owner, nano, scopes }: Extract<MoneyMove, { kind: "reserve" }>): void => {
    settle(id, null, []);
    for (const { scope, limit } of scopes) {
      sql.open.run(scope);
      const done = limit === null ? sql.reserveAlways.run(nano, scope) : sql.reserve.run(nano, scope, nano, limit);
      if (done.changes === 0 && limit !== null) throw new Overdrawn({ ...account(scope), limit, asked: nano });
      sql.put.run(id, scope, nano, owner);
    }
  };

  return {
    account,
    apply: (move) => (move.kind === "reserve" ? reserve(move) : settle(move.id, move.nano, move.scopes)),
    settleGone(gone) {
      for (const { owner } of sql.owners.all() as { owner: string }[]) {
        if (!gone(owner)) continue;
        for (const { id } of sql.ofOwner.all(owner) as { id: string }[]) settle(id, null, []);
      }
    },
  };
}
