import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { Schedule } from "../../src/policy/schedule.ts";
import { dueAt, GRACE_MS, nextSlot } from "../../src/policy/slots.ts";

const at = (text: string): number => Date.parse(text);
const iso = (slot: number | null): string | null => (slot === null ? null : new Date(slot).toISOString());
const MADE = at("2026-01-01T01:30:20Z");
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("the next time", () => {
  test.each([
    [
      "a fixed hour",
      { cron: "30 2 * * *", zone: "Europe/Berlin" },
      "2026-06-01T00:30:00.000Z",
      "2026-06-02T00:30:00.000Z",
    ],
    [
      "an hour that is put forward comes right after the gap",
      { cron: "30 2 * * *", zone: "Europe/Berlin" },
      "2026-03-28T12:00:00Z",
      "2026-03-29T01:30:00.000Z",
    ],
    [
      "an hour that comes twice counts once",
      { cron: "30 2 * * *", zone: "Europe/Berlin" },
      "2026-10-25T00:30:00Z",
      "2026-10-26T01:30:00.000Z",
    ],
    [
      "every half hour goes on through an hour that comes twice",
      { cron: "*/30 * * * *", zone: "Europe/Berlin" },
      "2026-10-25T00:30:00Z",
      "2026-10-25T01:00:00.000Z",
    ],
    ["a usual name", { cron: "@daily", zone: "UTC" }, "2026-06-01T00:30:00Z", "2026-06-02T00:00:00.000Z"],
    ["the 29th of February", { cron: "0 9 29 2 *", zone: "UTC" }, "2026-06-01T00:00:00Z", "2028-02-29T09:00:00.000Z"],
    [
      "a rule takes hour and minute from when it was made",
      { rrule: "FREQ=DAILY", zone: "Europe/Berlin" },
      "2026-06-01T12:00:00Z",
      "2026-06-02T00:30:00.000Z",
    ],
    [
      "a rule leaves out an hour that does not exist, as RFC 5545 has it",
      { rrule: "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", zone: "Europe/Berlin" },
      "2026-03-28T12:00:00Z",
      "2026-03-30T00:30:00.000Z",
    ],
    [
      "the last Friday of each month",
      { rrule: "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=22;BYMINUTE=0", zone: "America/New_York" },
      "2026-06-01T00:00:00Z",
      "2026-06-27T02:00:00.000Z",
    ],
    ["a rule that has ended", { rrule: "FREQ=DAILY;COUNT=3", zone: "UTC" }, "2026-06-01T00:00:00Z", null],
  ])("%s", (_, when, after, expected) => {
    expect(iso(nextSlot(when, MADE, at(after)))).toBe(expected);
  });

  test.each([
    [{ cron: "60 * * * *", zone: "UTC" }, /names no time/],
    [{ cron: "0 0 31 2 *", zone: "UTC" }, /names no time/],
    [{ cron: "0 0 * * *", zone: "Mars/Olympus" }, /no time zone/],
    [{ rrule: "FREQ=WEEKLY;BYDAY=XX", zone: "UTC" }, /names no time/],
  ])("%j is refused", (when, why) => {
    expect(() => nextSlot(when, MADE, MADE)).toThrow(why);
    expect(() => nextSlot(when, MADE, MADE)).toThrow(UsageError);
  });

  const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");
  const moments = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2029-12-31T00:00:00Z") });
  const whens = fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }))
      .map(([m, h]) => ({ cron: `${m} ${h} * * *` })),
    fc.integer({ min: 1, max: 59 }).map((n) => ({ cron: `*/${n} * * * *` })),
    fc.integer({ min: 0, max: 6 }).map((d) => ({ cron: `15 3 * * ${d}` })),
    fc
      .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }))
      .map(([m, h]) => ({ rrule: `FREQ=DAILY;BYHOUR=${h};BYMINUTE=${m}` })),
    fc.integer({ min: 1, max: 90 }).map((n) => ({ rrule: `FREQ=MINUTELY;INTERVAL=${n}` })),
  );

  test("lies after the moment asked about, at a full minute, and nothing lies in between", () => {
    fc.assert(
      fc.property(whens, zones, moments, fc.double({ min: 0, max: 1, noNaN: true }), (when, zone, after, part) => {
        const recurrence = { ...when, zone };
        const next = nextSlot(recurrence, MADE, after);
        expect(next).toBeGreaterThan(after);
        expect((next ?? 0) % MINUTE).toBe(0);
        // From any moment before it, it is the next one as well.
        const between = after + Math.floor(((next ?? 0) - 1 - after) * part);
        expect(nextSlot(recurrence, MADE, between)).toBe(next);
      }),
      { numRuns: 150 },
    );
  });

  test("a fixed hour of a day comes on each day once, whatever the clocks do", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        zones,
        moments,
        (m, h, zone, from) => {
          const when = { cron: `${m} ${h} * * *`, zone };
          let slot = nextSlot(when, MADE, from);
          for (let day = 0; day < 3; day++) {
            const next = nextSlot(when, MADE, slot ?? 0);
            const gap = (next ?? 0) - (slot ?? 0);
            expect(Math.abs(gap - DAY)).toBeLessThanOrEqual(60 * MINUTE);
            slot = next;
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a time that has come", () => {
  const daily = { cron: "0 3 * * *", zone: "UTC" };
  const slot = at("2026-06-01T03:00:00Z");

  test("fires and names the next one", () => {
    expect(dueAt({ ...daily, missed: "skip" }, MADE, slot, slot + 900)).toEqual({
      fires: true,
      late: false,
      next: slot + DAY,
    });
  });

  test("after nights without a machine, is made up for once, or not at all", () => {
    const now = slot + 3 * DAY + 2 * GRACE_MS;
    expect(dueAt({ ...daily, missed: "once" }, MADE, slot, now)).toEqual({
      fires: true,
      late: true,
      next: slot + 4 * DAY,
    });
    expect(dueAt({ ...daily, missed: "skip" }, MADE, slot, now)).toEqual({
      fires: false,
      late: true,
      next: slot + 4 * DAY,
    });
  });

  test("never leaves a next one that is due already", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 * DAY }),
        fc.constantFrom("skip" as const, "once" as const),
        (late, missed) => {
          const now = slot + late;
          const due = dueAt({ ...daily, missed }, MADE, slot, now);
          expect(due.next).toBeGreaterThan(now);
          expect(due.fires).toBe(missed === "once" || late <= GRACE_MS);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("what a schedule says", () => {
  const rest = { title: "Update the changelog" };

  test("is filled up with what is usual", () => {
    expect(Schedule.parse({ ...rest, cron: " 0  3 * * 1 " })).toEqual({
      cron: "0 3 * * 1",
      zone: "UTC",
      missed: "once",
      workflow: "fix",
      title: "Update the changelog",
      body: "",
      priority: 2,
      labels: [],
    });
  });

  test.each([
    [{ ...rest }],
    [{ ...rest, cron: "0 3 * * 1", rrule: "FREQ=DAILY" }],
    [{ ...rest, cron: "* * * * * *" }],
    [{ ...rest, cron: "0 3 * *" }],
    [{ ...rest, cron: "" }],
    [{ ...rest, rrule: "FREQ=SECONDLY" }],
    [{ ...rest, rrule: "FREQ=DAILY\nRRULE:FREQ=SECONDLY" }],
    [{ ...rest, cron: "@reboot" }],
    [{ cron: "@daily", title: " " }],
    [{ ...rest, cron: "@daily", wat: 1 }],
  ])("%j is refused", (said) => {
    expect(Schedule.safeParse(said).success).toBe(false);
  });
});
