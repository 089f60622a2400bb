import type { Found } from "./readers/dialect.ts";

/** What the text of a failure says, whatever runner printed it. */
type Explained = Pick<Found, "message" | "expected" | "actual" | "stack" | "file" | "line" | "timedOut">;

/** Lines of a stack, by language. */
const frames: readonly RegExp[] = [
  /^\s*(?:\[?\d+\]\s+)?at\s+.*(?:[:(]\d+|\)|native|<anonymous>|\[as .*\])\)?[\s{]*$/,
  /^\s*at (?:\w+ )?[\w.$<>[\] ]+ \(?.+:\d+(?::\d+)?\)?[\s{]*$/,
  /^\s*(?:at|in) \S+\s*(?:in|\() .*:line \d+/,
  /^\s*File "[^"]+", line \d+/,
  /^\s*#\s\S+:\d+(?::in\b.*)?/,
  /^\s*\S+\.rb:\d+:in\b/,
  /^\s*❯ .*:\d+:\d+/,
  /^\s*#\d+\s+\S+\.php\(\d+\)/,
  /^\s*\/\S+\.php:\d+$/,
  /^\t\S+\.go:\d+(?: \+0x[\da-f]+)?$/,
  /^\s+at \S+\.rs:\d+:\d+$/,
];

/** Where a failure is, from the most to the least telling form; file, then line. */
const places: readonly RegExp[] = [
  /File "([^"]+)", line (\d+)/,
  /\((?:file:\/\/)?([^()\s:]+(?:\.[A-Za-z]+)):(\d+)(?::\d+)?\)/,
  /(?:^|[\s("'@[])(?:file:\/\/)?((?:[A-Za-z]:)?[\w@.\-+/\\[\]]*[\w\-\]]\.(?:[cm]?[jt]sx?|vue|svelte|py|rb|go|rs|java|kt|kts|scala|groovy|php|cs|fs|swift|c|cc|cpp|cxx|h|hpp|exs?|dart|feature|lua|sh|bats|pl|t)):(\d+)/,
  /in (\S+\.(?:cs|fs|vb)):line (\d+)/,
];

/** Frames of runners, packages and languages: never where the fault is. */
const foreign =
  /node_modules|(?:^|[\s(])node:|internal\/|site-packages|dist-packages|\/lib\/python\d|\/unittest\/|rustc\/|\/library\/(?:std|core|alloc)\/|\.cargo\/registry|\/usr\/(?:lib|local)\/(?:go|lib)|go\/src\/(?:testing|runtime)|testing\.go:|panic\.go:|_testmain\.go|hostedtoolcache\/go|\/src\/testing\/|\/gems\/|org\.junit|java\.base|jdk\.internal|sun\.reflect|org\.testng|org\.apache\.maven|org\.gradle|junit\.framework|org\.hamcrest|org\.assertj|org\.mockito|\/vendor\/phpunit|Xunit\.|NUnit\./;

const one = (pattern: RegExp, text: string): string | null => pattern.exec(text)?.[1]?.trim() || null;

/** Pairs of expected and actual value, as assertion libraries print them. */
const pairs: readonly { readonly expected: RegExp; readonly actual: RegExp }[] = [
  {
    expected: /^\s*Expected(?: value| substring| pattern| path| length)?: (.+)$/m,
    actual: /^\s*(?:Received(?: value| string)?|Actual|But was): +(.+)$/im,
  },
  { expected: /^\s*expected:? (.+)$/m, actual: /^\s*(?:got|actual|but was)\s*:? +(.+)$/m },
  { expected: /^\s*right: (.+)$/m, actual: /^\s*left: (.+)$/m },
  { expected: /expected:\s*<?(.*?)>? but was:\s*<?.*?>?$/m, actual: /expected:.* but was:\s*<?(.*?)>?$/m },
  { expected: /^\s*expected: (.+?),?$/m, actual: /^\s*actual: (.+?),?$/m },
  {
    expected:
      /\bexpected .+? to (?:strictly |deeply |be )*(?:equal|be|eql|match|contain|include)(?: to)? (.+?)(?: \/\/.*)?$/m,
    actual: /\bexpected (.+?) to (?:strictly |deeply |be )*(?:equal|be|eql|match|contain|include)\b/m,
  },
  {
    expected: /\b(?:got|have|was) .+?[,;] (?:want|wanted|expected) (.+)$/im,
    actual: /\b(?:got|have|was):? (.+?)[,;] (?:want|wanted|expected)\b/im,
  },
  {
    expected: /\b(?:want|expected):? (.+?)[,;] (?:but )?(?:got|have|was)\b/im,
    actual: /\b(?:want|expected):? .+?[,;] (?:but )?(?:got|have|was):? (.+)$/im,
  },
  {
    expected: /Failed asserting that .+ (?:matches expected|is identical to|equals) (.+?)\.?$/m,
    actual: /Failed asserting that (.+?) (?:matches expected|is identical to|equals) /m,
  },
  {
    expected: /^\s*\+ expected - actual\s*\n\s*-.+\n\s*\+(.+)$/m,
    actual: /^\s*\+ expected - actual\s*\n\s*-(.+)\n\s*\+.+$/m,
  },
  { expected: /^\s*(?:E\s+)?.+ !==? (.+)$/m, actual: /^\s*(?:E\s+)?(?:AssertionError: )?(.+?) !==? .+$/m },
  {
    expected: /^(?:E\s+)?(?:AssertionError: )?assert .+? == (.+)$/m,
    actual: /^(?:E\s+)?(?:AssertionError: )?assert (.+?) == .+$/m,
  },
];

function values(text: string): Pick<Explained, "expected" | "actual"> {
  for (const pair of pairs) {
    const [expected, actual] = [one(pair.expected, text), one(pair.actual, text)];
    if (expected === null || actual === null) continue;
    const bare = (value: string): string =>
      (expected.endsWith(",") && actual.endsWith(",") ? value.slice(0, -1) : value).slice(0, 400);
    return { expected: bare(expected), actual: bare(actual) };
  }
  return { expected: null, actual: null };
}

/** A test that was ended because it took too long, in its own runner's words. */
const overtime =
  /\btimed? ?out (?:after|in|of|>)|\bTimeout of \d+ ?ms exceeded|exceeded timeout of|Test timed out|test timed out|Timeout >\d|TestTimedOutException|execution timed out after|Async callback was not invoked within|testTimeoutFailure|Timed out after waiting|timeout: \d+ms exceeded|Test timeout of \d+ms|\bTimeoutError: .*(?:exceeded|timed out)|Failed: Timeout|exceeded the timeout|timeout exceeded/i;

/** The file and line that a failure points at: the first frame that is no runner's and no package's. */
function placeIn(text: string): { readonly file: string | null; readonly line: number | null } {
  const lines = text.split("\n").slice(0, 400);
  // Python prints the innermost frame last.
  const ordered = lines.some((line) => /^\s*(?:E\s+)?Traceback \(most recent call last\)|^\s*File "/.test(line))
    ? lines.toReversed()
    : lines;
  for (const line of ordered) {
    if (foreign.test(line)) continue;
    for (const pattern of places) {
      const [, file, number] = pattern.exec(line) ?? [];
      if (file !== undefined && number !== undefined && !/^\d+$/.test(file))
        return { file: file.replace(/^\.\//, ""), line: Number(number) };
    }
  }
  return { file: null, line: null };
}

/** Reads what a failure says: its message, what was expected, where it is. */
function explain(text: string): Explained {
  const lines = text.split("\n");
  const isFrame = (line: string): boolean => frames.some((pattern) => pattern.test(line));
  const stack = lines.filter(isFrame).slice(0, 40);
  const first = lines.findIndex((line) => isFrame(line));
  const raised = lines.findLastIndex((line) =>
    /^(?:[\w.]+\.)?\w*(?:Error|Exception|Exit|Interrupt|Warning)\b(?::|$)/.test(line),
  );
  const python = /Traceback \(most recent call last\)/.test(text) && raised >= 0;
  const said = (python ? lines.slice(raised) : first > 0 ? lines.slice(0, first) : lines)
    .filter((line) => !isFrame(line))
    .join("\n")
    .trim();
  return {
    message: said.slice(0, 2000),
    ...values(text),
    stack: stack.map((line) => line.trim()).join("\n"),
    ...placeIn(text),
    timedOut: overtime.test(said.slice(0, 4000)),
  };
}

/** A failure from the text that a runner prints about it. What the runner says about the place wins over what the text says. */
export function failure(
  base: {
    readonly format: string;
    readonly titles: readonly string[];
    readonly offset: number;
    readonly text: string;
  } & Partial<Found>,
): Found {
  const { text, ...own } = base;
  const told = explain(text);
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && value !== null));
  return {
    kind: "test",
    suite: null,
    failures: 1,
    passes: 0,
    excerpt: text.slice(0, 4000),
    ...told,
    ...(given as Pick<Found, "format" | "titles" | "offset"> & Partial<Found>),
    ms: own.ms === undefined || own.ms === null ? null : Math.round(own.ms),
    timedOut: own.timedOut ?? (told.timedOut || overtime.test(own.message ?? "")),
  };
}
