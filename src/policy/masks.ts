import { matchesGlob } from "../text.ts";
import { secretsIn } from "./secrets.ts";

/**
 * Where credentials are kept by habit: such files are hidden when they hold one, unless a later rule shows them. Keys that
 * tests are made with open nothing.
 */
const usualPlaces = `
  .env .env.* !.env.example !.env.sample !.env.template !.env.dist
  .npmrc .yarnrc.yml .pypirc pip.conf .netrc _netrc .git-credentials .pgpass .aws/credentials .docker/config.json *.tfvars
  *.pem *.key id_rsa id_ed25519 id_ecdsa
  !**/test/** !**/tests/** !**/__tests__/** !**/fixtures/** !**/testdata/** !**/examples/**
`
  .trim()
  .split(/\s+/);

/** Is a file of the repository hidden from commands, and by which rule? */
export interface Mask {
  readonly rule: string;
  /** Only when what is in it looks like a credential. */
  readonly ifSecret: boolean;
}

/** The last rule that fits a path decides; "!" shows what an earlier one hides. Null: nothing hides it. */
export function maskOf(path: string, mask: readonly string[]): Mask | null {
  const own = lastFitting(path, mask);
  if (own !== undefined) return own.startsWith("!") ? null : { rule: `sandbox.mask: ${own}`, ifSecret: false };
  const usual = lastFitting(path, usualPlaces);
  if (usual === undefined || usual.startsWith("!")) return null;
  return { rule: `a usual place of credentials: ${usual}`, ifSecret: true };
}

const lastFitting = (path: string, globs: readonly string[]): string | undefined =>
  globs.findLast((glob) => matchesGlob(path, glob.replace(/^!/, "")));

/** A name that says secret, a number or place after it, and a value that stands for itself: not empty, not a variable, not "<your key>". */
const assignment =
  /^[ \t"']*(?:export[ \t]+)?[\w./:@-]*(?:key|token|secret|passw(?:or)?d|pass|pwd|passphrase|credentials?|_auth|_pat|salt|signing|webhook(?:_url)?)(?:_base)?(?:_?\d+|_v\d+|_(?:dev|test|staging|prod|live)\w{0,20})?["']?[ \t]*[=:][ \t]*["']?(?!\$(?:[{(]|\w+["']?\s*$)|[<{%*]|your|change|example|placeholder|true\b|false\b|x{3})[^\s"'#]{6,}/im;
const entry = /^\s*(?:machine\s+\S+[^]{0,400}?)?\bpassword\s+\S+/im;
const fields = /^[^\s:#]+:[\d*]+:[^\s:]+:[^\s:]+:\S+$/m;
/** Of docker's configuration: a name and a password in base64. */
const login = /"(?:auth|identitytoken)"\s*:\s*"[^"]{6,}"/;
/** A URL whose user is a long word and has no password: a token. */
const access = /:\/\/[\w.~-]{16,}@[\w[]/;
/** Nothing but one word of a key's length, as keys of frameworks are kept, or a key as bytes: DER begins so. */
const bare = /^(?:\s*[A-Za-z0-9+/_-]{24,}={0,2}\s*|0[\x80-\x84][^]*)$/;

/** Does a file of a usual place hold what looks like a credential? A false "yes" hides a file, a false "no" shows one. */
export const holdsCredential = (text: string): boolean =>
  secretsIn(text).length > 0 || [assignment, entry, fields, login, access, bare].some((shape) => shape.test(text));
