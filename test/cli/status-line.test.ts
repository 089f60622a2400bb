import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { statusLine, whileWorking } from "../../src/cli/status-line.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const terminal = () => {
  const written: string[] = [];
  return { written, columns: 20, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
};

test("what takes over a second says so each second in one line, and leaves nothing", () => {
  const stream = terminal();
  const stop = whileWorking(
    "checking the ledger",
    statusLine(stream, () => true),
  );
  vi.advanceTimersByTime(900);
  expect(stream.written).toEqual([]);
  vi.advanceTimersByTime(1200);
  stop();
  vi.advanceTimersByTime(5000);
  expect(stream.written).toEqual(["\r\u001b[Kchecking the ledge…", "\r\u001b[Kchecking the ledge…", "\r\u001b[K"]);
});

test("where nobody looks on, or the cursor cannot move, nothing is written", () => {
  const stream = terminal();
  const line = statusLine(stream, () => false);
  line.show("x");
  line.clear();
  expect(stream.written).toEqual([]);
});
