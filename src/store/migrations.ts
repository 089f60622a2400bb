import type { Database } from "better-sqlite3";

/** One step from a format to the next, run inside a transaction. */
export type Migration = (db: Database) => void;

/** Numbered, never edited: the database's user_version counts how many have been applied. */
export const migrations: readonly Migration[] = [
  (db) =>
    db.exec(`
      CREATE TABLE events (
        run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY (run, seq)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER events_are_facts BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
      CREATE TRIGGER events_are_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
      CREATE TABLE runs (run TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE anchors (
        seq INTEGER PRIMARY KEY, run TEXT NOT NULL, last INTEGER NOT NULL, head TEXT NOT NULL,
        at INTEGER NOT NULL, hash TEXT NOT NULL
      ) STRICT;
      CREATE TABLE blobs (sha TEXT PRIMARY KEY, encoding INTEGER NOT NULL, size INTEGER NOT NULL, data BLOB) STRICT, WITHOUT ROWID;
      CREATE TABLE owners (run TEXT PRIMARY KEY, owner TEXT NOT NULL) STRICT, WITHOUT ROWID;
    `),
  (db) =>
    db.exec(`
      CREATE TABLE accounts (
        scope TEXT PRIMARY KEY, spent INTEGER NOT NULL, reserved INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE reservations (
        id TEXT NOT NULL, scope TEXT NOT NULL, nano INTEGER NOT NULL, owner TEXT NOT NULL,
        PRIMARY KEY (id, scope)
      ) STRICT, WITHOUT ROWID;
    `),
  // A cache of what runs are listed by; see run-index.ts.
  (db) =>
    db.exec(`
      CREATE TABLE run_index (
        run TEXT PRIMARY KEY, last INTEGER NOT NULL, started INTEGER NOT NULL, workflow TEXT NOT NULL,
        repository TEXT NOT NULL, outcome TEXT NOT NULL, parent TEXT, shown TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX run_index_outcome ON run_index (outcome, run);
      CREATE INDEX run_index_workflow ON run_index (workflow, run);
      CREATE INDEX run_index_repository ON run_index (repository, run);
      CREATE INDEX run_index_parent ON run_index (parent, run) WHERE parent IS NOT NULL;
      ALTER TABLE runs ADD COLUMN indexed INTEGER NOT NULL DEFAULT -1;
    `),
  // Until when a writer holds its run without being heard of, in milliseconds since the epoch (0: not said), and how often
  // the run has changed hands.
  (db) =>
    db.exec(`
      ALTER TABLE owners ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE owners ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
    `),
  (db) => db.exec("CREATE TABLE notes (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID"),
  // Runs of claw triage are listed with what they found.
  (db) => db.exec("DELETE FROM run_index; UPDATE runs SET indexed = -1"),
  // When schedules are due next: what workers look at each second. 0: not at all.
  (db) =>
    db.exec(`
      CREATE TABLE schedules (name TEXT PRIMARY KEY, due INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX schedules_due ON schedules (due) WHERE due > 0;
    `),
  // Work that waits, is being done, or was. Times in milliseconds since the epoch; `rank` is what urgency and age make of it.
  (db) =>
    db.exec(`
      CREATE TABLE jobs (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, payload TEXT NOT NULL, dedupe TEXT,
        priority INTEGER NOT NULL, rank INTEGER NOT NULL, at INTEGER NOT NULL, slot TEXT NOT NULL,
        lane TEXT NOT NULL, role TEXT NOT NULL, model TEXT NOT NULL, repository TEXT NOT NULL,
        state TEXT NOT NULL, added INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
        owner TEXT NOT NULL DEFAULT '', until INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
        started INTEGER NOT NULL DEFAULT 0, ended INTEGER NOT NULL DEFAULT 0, history TEXT NOT NULL DEFAULT '[]'
      ) STRICT;
      CREATE INDEX jobs_ready ON jobs (slot, rank, id) WHERE state = 'ready';
      CREATE INDEX jobs_deferred ON jobs (at) WHERE state = 'deferred';
      CREATE INDEX jobs_leased ON jobs (slot) WHERE state = 'leased';
      CREATE INDEX jobs_ended ON jobs (state, ended) WHERE state IN ('done', 'dead');
      CREATE INDEX jobs_subject ON jobs (subject);
      CREATE UNIQUE INDEX jobs_dedupe ON jobs (dedupe) WHERE dedupe IS NOT NULL AND state IN ('ready', 'deferred', 'leased');
    `),
  // Claims walk the jobs in the order of their urgency, whatever lanes they are in.
  (db) => db.exec("CREATE INDEX jobs_urgent ON jobs (rank, id, slot, kind) WHERE state = 'ready'"),
];
