interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

const repo = String.raw`/repos/(?:o/r|p/s)`;

/** Everything that claw may send besides questions. There is no merging here, no approving, no marking ready, no closing. */
const deeds: readonly (readonly [address: RegExp, fits: (body: string) => boolean])[] = [
  [new RegExp(`^${repo}/pulls$`), (body) => (JSON.parse(body) as { draft?: boolean }).draft === true],
  [new RegExp(`^${repo}/issues/\\d+/(?:comments|labels)$`), () => true],
  [new RegExp(`^${repo}/check-runs$`), () => true],
  [/^\/app\/installations\/\d+\/access_tokens$/, () => true],
  [/^\/(?:[op]|fork)\/[rs]\.git\/git-upload-pack$/, () => true],
  [/^\/(?:[op]|fork)\/[rs]\.git\/git-receive-pack$/, (body) => refsPushed(body).every(isNewBranch)],
];

/** What a forge was sent that claw has no business to send, in order. */
export const overreach = (calls: readonly Sent[]): readonly string[] =>
  calls.filter((call) => !may(call)).map(({ method, path }) => `${method} ${path}`);

function may({ method, path, body }: Sent): boolean {
  if (method === "GET") return true;
  const address = path.replace(/^\/api\/v3/, "");
  // A comment of its own, edited in place.
  if (method === "PATCH") return new RegExp(`^${repo}/issues/comments/\\d+$`).test(address);
  return method === "POST" && deeds.some(([known, fits]) => known.test(address) && fits(body));
}

/** The commands of a push, "old new ref", from its packet lines: each has its length before it, and "0000" ends them. */
function refsPushed(body: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; body.length >= at + 4;) {
    const length = Number.parseInt(body.slice(at, at + 4), 16);
    if (length === 0) return found;
    found.push(body.slice(at + 4, at + length).replace(/\0.*/s, ""));
    at += Math.max(4, length || 4);
  }
  return found;
}

/** A branch of claw's, or a claim on an issue, that was not there: nothing is moved or removed. */
const isNewBranch = (command: string): boolean =>
  /^0{40} (?!0{40})[0-9a-f]{40} refs\/(?:heads\/claw\/\S+|claw\/claims\/\d+-\d+)$/.test(command);
