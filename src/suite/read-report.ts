import { cleanLine } from "./log-line.ts";
import { dialects } from "./readers/all.ts";
import type { DialectReader, Found, Sink } from "./readers/dialect.ts";
import { readJsonReport } from "./readers/json-reports.ts";
import { junitStream } from "./readers/junit-stream.ts";
import { plainReader, type PlainReader } from "./readers/plain.ts";
import { uniteFound } from "./unite.ts";

/** What a report or a log says, without what passed. */
export interface ReportDigest {
  /** The formats that were met in it, by what is in it; empty when none was. */
  readonly formats: readonly string[];
  readonly found: readonly Found[];
  /** As its runners say; zeros when they do not. */
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** False where it tells of no test at all, or not of all: then that no failure is found says nothing. */
  readonly complete: boolean;
  /** What a person should know about it, one sentence each. */
  readonly notes: readonly string[];
  /** The latest time it says it was made at, in milliseconds since the epoch; null when it does not say. */
  readonly madeAt: number | null;
}

/** Reads a report that comes in pieces. */
export interface ReportReader {
  /** A line, or a part of a very long one; `offset` in bytes from the beginning, `ends` when the line is whole with it. */
  piece(text: string, offset: number, ends: boolean): void;
  end(): ReportDigest;
}

/** JSON cannot be read before it is whole: more than this is refused, in characters. */
const MOST_JSON = 192 * 2 ** 20;
/** Failures that are kept of one report. */
const MOST_FOUND = 100_000;

interface Reading {
  readonly sink: Sink;
  readonly found: Found[];
  readonly notes: string[];
  readonly totals: { passed: number; failed: number; skipped: number };
  readonly dialects: readonly DialectReader[];
  readonly plain: PlainReader;
  readonly formats: Set<string>;
  madeAt: number | null;
  lost: number;
  cut: boolean;
  mode: "unknown" | "lines" | "xml" | "json";
  xml: ReturnType<typeof junitStream> | null;
  json: string[];
  characters: number;
  /** The line that was fed last has not ended. */
  wasPart: boolean;
}

function begin(): Reading {
  const found: Found[] = [];
  const notes: string[] = [];
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const sink: Sink = {
    found(one) {
      if (found.length < MOST_FOUND) found.push(one);
      else reading.lost += 1;
    },
    tally(some) {
      totals.passed += some.passed ?? 0;
      totals.failed += some.failed ?? 0;
      totals.skipped += some.skipped ?? 0;
    },
    note: (text) => void notes.push(text),
    cut(text) {
      reading.cut = true;
      notes.push(text);
    },
    made: (at) => void (reading.madeAt = Math.max(reading.madeAt ?? 0, at)),
  };
  const reading: Reading = {
    sink,
    found,
    notes,
    totals,
    dialects: dialects.map((dialect) => dialect.open(sink)),
    plain: plainReader(),
    formats: new Set(),
    madeAt: null,
    lost: 0,
    cut: false,
    mode: "unknown",
    xml: null,
    json: [],
    characters: 0,
    wasPart: false,
  };
  return reading;
}

function closeXml(reading: Reading): void {
  if (reading.xml?.end()) reading.formats.add("junit");
  reading.xml = null;
}

function line(reading: Reading, text: string, offset: number): void {
  const clean = cleanLine(text);
  // A report that was printed into the log.
  if (reading.xml === null && /^\s*(?:<\?xml\b|<testsuites?\b)/.test(clean)) reading.xml = junitStream(reading.sink);
  if (reading.xml) {
    reading.xml.piece(`${clean}\n`, offset);
    if (/<\/testsuites>\s*$/.test(clean)) closeXml(reading);
    return;
  }
  if (clean.startsWith('{"num') && readJsonReport(clean, reading.sink)) return;
  for (const reader of reading.dialects) reader.line(clean, offset);
  reading.plain.line(clean, offset);
}

/** What the report is, by how it begins. */
function decide(reading: Reading, text: string): void {
  const start = text.replace(/^\ufeff/, "").trimStart();
  if (start === "") return;
  const isXml = /^<(?:\?xml|!DOCTYPE|!--|testsuites?\b|test-run\b|assembl|TestRun\b|test-results\b)/.test(start);
  const isEvent = /^\{.*"(?:Action|Time|ImportPath)":|^\{ ?"type": ?"(?:suite|test)"/.test(start);
  reading.mode = isXml ? "xml" : /^[{[]\s*(?:$|["{[\]])/.test(start) && !isEvent ? "json" : "lines";
  if (isXml) reading.xml = junitStream(reading.sink);
}

function readJson(reading: Reading): void {
  if (reading.characters > MOST_JSON) {
    reading.sink.cut("refused: a JSON report this large cannot be read in pieces; have the runner write JUnit XML");
    return;
  }
  const source = reading.json.join("");
  const name = readJsonReport(source, reading.sink);
  if (name !== null) return void reading.formats.add(name);
  // Not a report after all, or cut short: its lines may still say something.
  let offset = 0;
  for (const text of source.split("\n")) {
    line(reading, text, offset);
    offset += text.length + 1;
  }
  reading.sink.cut("it begins like JSON, but is no report that is known, or is cut short");
}

function finish(reading: Reading): ReportDigest {
  const { mode, formats, notes, lost, found, totals, madeAt } = reading;
  if (mode === "json") readJson(reading);
  if (reading.xml) closeXml(reading);
  for (const reader of reading.dialects) reader.end();
  const all = uniteFound(found);
  const stays = all.some(({ failures, passes }) => failures > 0 && passes === 0);
  const job = mode === "lines" || mode === "json" ? reading.plain.end(stays) : null;
  const everything = job ? [...all, job] : all;
  for (const { format } of everything) formats.add(format);
  if (mode === "unknown") notes.push("it is empty");
  if (lost > 0) notes.push(`${lost} more failures are left out`);
  const tests = totals.passed + totals.failed + totals.skipped;
  const untold = everything.length === 0 && (tests === 0 || totals.failed > 0);
  if (everything.length === 0 && tests === 0 && notes.length === 0) notes.push("it tells of no test");
  const complete = !reading.cut && !untold && mode !== "unknown";
  return { formats: [...formats], found: everything, ...totals, complete, notes: [...new Set(notes)], madeAt };
}

/** Opens a reader. What the report is, is seen in its content: XML, one JSON document, or lines in which anything may be mixed. */
export function openReport(): ReportReader {
  const reading = begin();
  return {
    piece(text, offset, ends) {
      if (reading.mode === "unknown") decide(reading, text);
      const whole = ends ? `${text}\n` : text;
      if (reading.mode === "xml") reading.xml?.piece(whole, offset);
      else if (reading.mode === "json") {
        reading.characters += whole.length;
        if (reading.characters <= MOST_JSON) reading.json.push(whole);
      } else {
        // Of a line that never ends only the beginning can say anything.
        if (!reading.wasPart) line(reading, text, offset);
        reading.wasPart = !ends;
      }
    },
    end: () => finish(reading),
  };
}
