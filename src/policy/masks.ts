import { matchesGlob } from "../text.ts";
import { secretsIn } from "./secrets.ts";

/**
 * Where credentials are kept by habit: such files are hidden when they hold one. Keys that
 * tests are made with open nothing.
 */
const usualPlaces = `
  .env .env.* !.env.example !.env.sample !.env.template !.env.dist
  .npmrc .yarnrc.yml .pypirc pip.conf .netrc _netrc .git-credentials .pgpass .aws/credentials .docker/config.json .dockercfg *.tfvars
  *.pem *.key *.p12 *.pfx *.jks *.keystore *.ppk *.p8 id_rsa id_dsa id_ed25519 id_ecdsa
  credentials.json application_default_credentials.json service-account*.json service_account*.json serviceAccount*.json *firebase-adminsdk*.json
  .aws/config .azure/accessTokens.json .kube/config kubeconfig .s3cfg .boto .my.cnf .htpasswd auth.json .vault-token .terraformrc
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

/** Globs that say what is hidden, each list read on its own: the last that fits a path decides, and "!" shows. */
export interface MaskRules {
  /** sandbox.mask of claw.yaml. Its "!" shows what an earlier one of its own hides, and nothing else. */
  readonly repository: readonly string[];
  /** What a sandbox policy of the user's says; its "!" shows whatever anything else hides. */
  readonly user?: readonly string[];
  /** Usually hidden files that claw.yaml may show: sandbox.show of the user's config.yaml. */
  readonly shows?: readonly string[];
}

/** Null: nothing hides it. */
export function maskOf(path: string, { repository, user = [], shows = [] }: MaskRules): Mask | null {
  const users = lastFitting(path, user);
  const own = lastFitting(path, repository);
  const decisive = users ?? (own?.startsWith("!") ? undefined : own);
  if (decisive !== undefined)
    return decisive.startsWith("!") ? null : { rule: `sandbox.mask: ${decisive}`, ifSecret: false };
  if (own !== undefined && shows.some((glob) => matchesGlob(path, glob))) return null;
  const usual = lastFitting(path, usualPlaces);
  if (usual === undefined || usual.startsWith("!")) return null;
  return { rule: `a usual place of credentials: ${usual}`, ifSecret: true };
}

/** The first rule of claw.yaml, by its index, that can only mean to show usually hidden files the user does not grant; -1: none. */
export const showsUngranted = (mask: readonly string[], shows: readonly string[]): number =>
  mask.findIndex((rule, index) => {
    const hidesBefore = mask.slice(0, index).some((earlier) => !earlier.startsWith("!"));
    return rule.startsWith("!") && !hidesBefore && !shows.some((glob) => covers(glob, rule.slice(1)));
  });

/** Does a glob say the same as another, or fit its text as if it were a path? */
const covers = (glob: string, other: string): boolean => glob === other || matchesGlob(other, glob);

const lastFitting = (path: string, globs: readonly string[]): string | undefined =>
  globs.findLast((glob) => matchesGlob(path, glob.replace(/^!/, "")));

/** A name that says secret, a number or place after it, and a value that stands for itself: not empty, not a variable, not "<your key>". */
const assignment =
  /^[ \t"']*(?:export[ \t]+)?[\w./:@-]*(?:key|token|secret|passw(?:or)?d|pass|pwd|passphrase|credentials?|_auth|_pat|salt|signing|webhook(?:_url)?)(?:_base)?(?:_?\d+|_v\d+|_(?:dev|test|staging|prod|live)\w{0,20}|-data)?["']?[ \t]*[=:][ \t]*["']?(?!\$(?:[{(]|\w+["']?\s*$)|[<{%*]|your|change|example|placeholder|true\b|false\b|x{3})[^\s"'#]{6,}/im;
const entry = /^\s*(?:machine\s+\S+[^]{0,400}?)?\bpassword\s+\S+/im;
const fields = /^[^\s:#]+:[\d*]+:[^\s:]+:[^\s:]+:\S+$/m;
/** In JSON on one line, or of docker's configuration: a name and a password in base64. */
const login =
  /"(?:auth|identitytoken|[\w-]{0,40}(?:password|secret|token|private_key))"\s*:\s*"(?![<${%*]|your|change|example|placeholder|x{3})[^"]{6,}"/i;
/** Java's key stores, PuTTY's keys, and the hashes of a web server's users. */
const stores = /^(?:\xfe\xed\xfe\xed|(?:\xce){4}|PuTTY-User-Key-File-)|^[\w.@-]{1,80}:\$(?:apr1|2[aby]|5|6)\$/m;
/** A URL whose user is a long word and has no password: a token. */
const access = /:\/\/[\w.~-]{16,}@[\w[]/;
/** Nothing but one word of a key's length, as keys of frameworks are kept, or a key as bytes: DER begins so. */
const bare = /^(?:\s*[A-Za-z0-9+/_.-]{24,}={0,2}\s*|0[\x80-\x84][^]*)$/;

/** Does a file of a usual place hold what looks like a credential? A false "yes" hides a file, a false "no" shows one. */
export const holdsCredential = (text: string): boolean =>
  secretsIn(text).length > 0 ||
  [assignment, entry, fields, login, stores, access, bare].some((shape) => shape.test(text));
