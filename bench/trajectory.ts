import type { ScriptedReply } from "../test/support/model-wire.ts";
import { marker } from "./sample-repository.ts";

/** What the model does, reply by reply; the last one ends the session. */
export type Trajectory = readonly ScriptedReply[];

const bash = (turn: number, command: string): ScriptedReply => ({
  calls: [{ id: `call_${turn}`, name: "bash", arguments: { command, timeout_s: null } }],
});

const edit = (turn: number, path: string, before: string, after: string): ScriptedReply => ({
  calls: [
    { id: `call_${turn}`, name: "edit", arguments: { path, old_string: before, new_string: after, replace_all: null } },
  ],
});

const giveUp: ScriptedReply = {
  calls: [
    {
      id: "call_end",
      name: "finish",
      arguments: { outcome: "blocked", summary: "the end of the trajectory", test_commands: [] },
    },
  ],
};

/** Every so many turns a file is written: a session that only runs commands is stopped as going in circles. */
const WRITES_EVERY = 10;

/** `turns` turns with a command that does nothing. */
export function idle(turns: number): Trajectory {
  const calls = Array.from({ length: turns }, (_, turn) =>
    turn % WRITES_EVERY === WRITES_EVERY - 1
      ? edit(turn, "note.txt", "", `turn ${turn}\n`)
      : bash(turn, `true ${turn}`),
  );
  return [...calls, giveUp];
}

const lookups = [
  (turn: number) => `sed -n 1,40p src/part${turn % 10}.js`,
  (turn: number) => `echo step ${turn}`,
  (turn: number) => `grep -n export src/part${turn % 10}.js`,
  (turn: number) => `ls src # ${turn}`,
  (turn: number) => `wc -l src/part${turn % 10}.js`,
];

/** `turns` turns of looking around, then a file is read and one line of it changed. */
export function lookAround(turns: number): Trajectory {
  const looks = Array.from({ length: turns }, (_, turn) =>
    bash(turn, lookups[turn % lookups.length]?.(turn) ?? "true"),
  );
  return [
    ...looks,
    bash(turns, `cat ${marker.path}`),
    edit(turns + 1, marker.path, marker.before, marker.after),
    giveUp,
  ];
}

/** Every so many turns of a working session something is written. */
const WORKS_EVERY = 8;

/** `turns` turns of looking around and writing, as in a long session that gets on. */
export function work(turns: number): Trajectory {
  const calls = Array.from({ length: turns - 1 }, (_, turn) =>
    turn % WORKS_EVERY === WORKS_EVERY - 1
      ? edit(turn, `note${turn}.txt`, "", `What was found by turn ${turn}: nothing yet, the search goes on.\n`)
      : bash(
          turn,
          `${lookups[turn % lookups.length]?.(turn) ?? "true"}; sed -n ${turn + 1},${turn + 40}p src/part${turn % 7}.js`,
        ),
  );
  return [...calls, giveUp];
}
