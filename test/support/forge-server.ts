import { execFileSync } from "node:child_process";
import { createHash, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { overreach } from "./forge-authority.ts";
import { serveGit } from "./git-backend.ts";

/** A request the forge saw; git's own are in it too. */
interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly body: string;
}

interface FakeComment {
  readonly login: string;
  readonly association: string;
  readonly body: string;
  readonly edited?: boolean;
}

interface FakeIssue {
  readonly title: string;
  readonly body: string;
  readonly state?: string;
  readonly labels?: readonly string[];
  readonly pull_request?: object;
  comments?: FakeComment[];
  /** What its timeline says, as the API gives it. */
  timeline?: readonly object[];
}

/** A workflow run: "status", jobs with their logs. */
interface FakeRun {
  readonly name: string;
  readonly conclusion: string;
  /** Of the default branch; 1 where it is not said. */
  readonly workflow?: number;
  readonly jobs: readonly { readonly name: string; readonly conclusion: string; readonly log: string }[];
  /** Zip archives by their names; null where one has expired. */
  readonly artifacts?: Readonly<Record<string, Buffer | null>>;
}

interface FakeCheck {
  readonly name: string;
  readonly head_sha: string;
  readonly external_id: string;
  readonly output: { readonly title: string; readonly annotations: readonly object[] };
}

interface FakePull {
  number: number;
  html_url: string;
  state: string;
  draft: boolean;
  created_at: string;
  merged_at: string | null;
  title: string;
  body: string;
  head: { ref: string; sha: string; repo: { full_name: string } };
  base: { ref: string; repo: { full_name: string } };
}

/**
 * Something a forge does wrong with one request: an answer of its own, or the work done and the answer lost, never sent, cut
 * off as if by a proxy, replaced by one that says nothing, or cut off with its connection.
 */
type ForgeFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | "lose-answer"
  | "never-answer"
  | "cut-answer"
  | "odd-answer"
  | "cut-connection";

export interface ForgeServer {
  /** "127.0.0.1:1234". */
  readonly host: string;
  readonly url: string;
  readonly token: string;
  readonly calls: readonly SeenCall[];
  readonly pulls: FakePull[];
  readonly issues: Map<number, FakeIssue>;
  /** Whose the token is; null for one that belongs to no person. Comments are written by "claw", or by "claw[bot]" then. */
  account: string | null;
  /** Labels by the number of the issue or pull request. */
  readonly labels: Map<number, string[]>;
  readonly runs: Map<number, FakeRun>;
  /** Null where the token may not show any. */
  checks: FakeCheck[] | null;
  /** What people may do, by login: "admin", "write", "read"; who is not here may nothing. */
  readonly permissions: Map<string, string>;
  /** A GitHub App: what each token that it was given may do. Null where there is none. */
  app: { readonly publicKey: string; readonly given: Map<string, Record<string, string>> } | null;
  archived: boolean;
  /** May the token push here? It may push to the fork in any case. */
  mayPush: boolean;
  /** A bare repository beside that of o/r, which is fork/r; null where there is none. */
  fork: string | null;
  /** Rules of its branches, as rulesets have them: "required_signatures", … */
  rules: readonly string[];
  /** How often it was enough to say that nothing has changed. */
  unchanged: number;
  /** Requests that are left before its rate limit; saying that nothing has changed takes none. */
  quota: number;
  /** What o/r is called now, where it was renamed: p/s. Under its old name the server leads to where it is by its number. */
  renamed: "p/s" | null;
  /** What the classic token was given; undefined for one of the newer kind. */
  scopes: string | undefined;
  /** Asked before each API request; undefined lets it through. */
  fault: (method: string, path: string) => ForgeFault | undefined;
  /** Awaited before each request, git's own included, is looked at. */
  hold: (method: string, path: string) => Promise<void> | undefined;
  /** Rejects where it saw something that claw has no business to send: every test with a forge is one of claw's authority. */
  close(): Promise<void>;
}

/**
 * GitHub over real HTTP, as far as claw uses it: issues, comments, pull requests and git's smart protocol by
 * `git http-backend`, on one repository o/r whose git directory is `bare`. Keeps state and records every request.
 */
export async function startForgeServer(bare: string): Promise<ForgeServer> {
  const calls: SeenCall[] = [];
  const token = "test-token-never-to-be-seen-0123456789";
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forge: ForgeServer = {
    host,
    url: `http://${host}`,
    token,
    calls,
    pulls: [],
    account: "ada-l",
    issues: new Map(),
    labels: new Map(),
    runs: new Map(),
    checks: [],
    permissions: new Map(),
    app: null,
    archived: false,
    mayPush: true,
    fork: null,
    rules: [],
    unchanged: 0,
    quota: Number.POSITIVE_INFINITY,
    renamed: null,
    scopes: undefined,
    fault: () => undefined,
    hold: () => undefined,
    async close() {
      await new Promise<void>((resolve) => void (server.closeAllConnections(), server.close(() => resolve())));
      const beyond = overreach(calls);
      if (beyond.length > 0) throw new Error(`the forge was sent what claw may not send: ${beyond.join(", ")}`);
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "GET", url = "/" } = request;
    const { authorization } = request.headers;
    const ifNoneMatch = request.headers["if-none-match"];
    calls.push({ method, path: url, authorization, ifNoneMatch, body: body.toString("latin1") });
    await forge.hold(method, url);
    const archive = /^\/archive\/(\d+)\/(\d+)$/.exec(url);
    if (archive) return void response.end(artifactsOf(Number(archive[1]))[Number(archive[2])]?.[1]);
    const blob = /^\/blob\/(\d+)\/(\d+)$/.exec(url);
    if (blob) return void response.end(forge.runs.get(Number(blob[1]))?.jobs[Number(blob[2])]?.log);
    if (url.startsWith(`/${forge.renamed ?? "o/r"}.git/`))
      return serveGit({ request, response, body }, { bare, secret: token });
    if (url.startsWith("/fork/r.git/") && forge.fork)
      return serveGit({ request, response, body }, { bare: forge.fork, secret: token });
    const send = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      const text = typeof value === "string";
      response.writeHead(status, {
        "content-type": text ? "text/plain" : "application/json; charset=utf-8",
        ...headers,
      });
      response.end(text ? value : JSON.stringify(value));
    };
    const fault = forge.fault(method, url);
    if (typeof fault === "object")
      return send(fault.status, fault.body ?? { message: "as the test wishes" }, fault.headers);
    if (isApp(authorization)) return send(...installation(url, body.toString("utf8")));
    const may = forge.app?.given.get(authorization?.replace(/^token /, "") ?? "");
    if (authorization !== `token ${token}` && !may) return send(401, { message: "Bad credentials" });
    if (may && !allowed(may, method, url)) return send(403, { message: "Resource not accessible by integration" });
    if (forge.renamed && /\/repos\/o\/r(?:[/?]|$)/.test(url))
      return send(
        method === "GET" ? 301 : 307,
        { message: "Moved Permanently" },
        { location: `${forge.url}${url.replace("/repos/o/r", "/repositories/1")}` },
      );
    const logs = /\/actions\/jobs\/(\d+)\/logs$/.exec(url);
    // A log lies elsewhere, behind an address of its own.
    if (logs) {
      const job = Number(logs[1]);
      return send(302, "", { location: `${forge.url}/blob/${Math.floor(job / 100)}/${job % 100}` });
    }
    const zip = /\/actions\/artifacts\/(\d+)\/zip$/.exec(url);
    if (zip) {
      const id = Number(zip[1]);
      return send(302, "", { location: `${forge.url}/archive/${Math.floor(id / 100)}/${id % 100}` });
    }
    const [status, value] = api(method, url, body.toString("utf8"));
    if (fault === "lose-answer") return void request.socket.destroy();
    if (fault === "never-answer") return;
    if (fault === "odd-answer") return send(status, null);
    if (fault === "cut-answer")
      return send(status, JSON.stringify(value).slice(0, -2), { "content-type": "application/json" });
    if (fault === "cut-connection") {
      response.writeHead(status, { "content-type": "application/json", "content-length": 1e6 });
      return void response.write("[", () => request.socket.destroy());
    }
    const etag = `"${createHash("sha1").update(JSON.stringify(value)).digest("hex")}"`;
    const known = method === "GET" && request.headers["if-none-match"] === etag;
    if (known) forge.unchanged += 1;
    else forge.quota -= 1;
    if (forge.quota < 0)
      return send(
        403,
        { message: "API rate limit exceeded" },
        { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9e9" },
      );
    const beside = { etag, ...(forge.scopes !== undefined && { "x-oauth-scopes": forge.scopes }) };
    if (known) return void response.writeHead(304, beside).end();
    send(status, value, beside);
  }

  /** Signed with the App's key, for itself, and not for long? */
  function isApp(authorization = ""): boolean {
    const [, head = "", claims = "", signature = ""] = /^bearer (.+)\.(.+)\.(.+)$/i.exec(authorization) ?? [];
    if (!forge.app || signature === "") return false;
    const { iss, iat, exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, number>;
    const fits = iss === 4711 && (exp ?? 0) - (iat ?? 0) <= 660;
    return (
      fits &&
      verify("sha256", Buffer.from(`${head}.${claims}`), forge.app.publicKey, Buffer.from(signature, "base64url"))
    );
  }

  function installation(url: string, body: string): [number, unknown] {
    if (url.endsWith("/repos/o/r/installation")) return [200, { id: 5 }];
    if (!url.endsWith("/app/installations/5/access_tokens")) return [404, { message: "Not Found" }];
    const { permissions } = JSON.parse(body) as { permissions: Record<string, string> };
    if (permissions["checks"])
      return [422, { message: "The permissions requested are not granted to this installation." }];
    const given = `ghs_${forge.app?.given.size}-${"x".repeat(30)}`;
    forge.app?.given.set(given, permissions);
    return [201, { token: given, expires_at: new Date(Date.now() + 3_600_000).toISOString(), permissions }];
  }

  function allowed(may: Record<string, string>, method: string, url: string): boolean {
    if (method === "GET") return true;
    return may[url.endsWith("/comments") ? "issues" : "pull_requests"] === "write";
  }

  function api(method: string, url: string, body: string): [number, unknown] {
    const { pathname, searchParams } = new URL(url, forge.url);
    const path = pathname.replace(/^\/api\/v3/, "").replace(/^\/(?:repositories\/1|repos\/p\/s)(?=\/|$)/, "/repos/o/r");
    if (path === "/user" && forge.account === null) return [403, { message: "Resource not accessible by integration" }];
    if (path === "/user") return [200, { login: forge.account }];
    if (path === "/repos/o/r")
      return [
        200,
        {
          full_name: forge.renamed ?? "o/r",
          default_branch: "main",
          archived: forge.archived,
          permissions: { pull: true, push: forge.mayPush, admin: false },
        },
      ];
    const ref = /^\/repos\/(o|fork)\/r\/git\/ref\/(.+)$/.exec(path);
    if (ref) {
      const sha = refAt(decodeURIComponent(ref[2] ?? ""), ref[1]);
      return sha === null ? [404, { message: "Not Found" }] : [200, { object: { sha } }];
    }
    const commit = /^\/repos\/(o|fork)\/r\/git\/commits\/([0-9a-f]{40})$/.exec(path);
    if (commit) return [200, commitAt(commit[2] ?? "", commit[1])];
    if (path.startsWith("/repos/o/r/rules/branches/")) return [200, forge.rules.map((type) => ({ type }))];
    const labelled = /^\/repos\/o\/r\/issues\/(\d+)\/labels$/.exec(path);
    if (labelled) return label(Number(labelled[1]), JSON.parse(body) as { labels: string[] });
    const person = /^\/repos\/o\/r\/collaborators\/(.+)\/permission$/.exec(path)?.[1];
    if (person) return [200, { permission: forge.permissions.get(person) ?? "none" }];
    if (/^\/repos\/o\/r\/(?:commits\/\w+\/)?check-runs$/.test(path)) return check(method, body);
    const events = /^\/repos\/o\/r\/issues\/(\d+)\/timeline$/.exec(path);
    if (events) return [200, forge.issues.get(Number(events[1]))?.timeline ?? []];
    if (path === "/repos/o/r/actions/runs") return [200, workflowRuns()];
    const left = /^\/repos\/o\/r\/actions\/runs\/(\d+)\/artifacts$/.exec(path);
    if (left) return [200, artifactList(Number(left[1]))];
    const run = /^\/repos\/o\/r\/actions\/runs\/(\d+)(\/jobs)?$/.exec(path);
    if (run) return workflowRun(Number(run[1]), run[2] !== undefined);
    if (path === "/repos/o/r/issues") return [200, openIssues(searchParams)];
    const issue = /^\/repos\/o\/r\/issues\/(\d+)(\/comments)?$/.exec(path);
    const said = /^\/repos\/o\/r\/issues\/comments\/(\d+)$/.exec(path);
    if (said && method === "PATCH") return editComment(Number(said[1]), JSON.parse(body) as { body: string });
    if (issue && method === "POST") return comment(Number(issue[1]), JSON.parse(body) as { body: string });
    if (issue) return issueOf(Number(issue[1]), issue[2] !== undefined, searchParams);
    const pull = forge.pulls.find(({ number }) => path === `/repos/o/r/pulls/${number}`);
    if (pull) return [200, { ...pull, head: { ...pull.head, sha: branchAt(pull.head.ref) ?? pull.head.sha } }];
    const between = /^\/repos\/o\/r\/compare\/([0-9a-f]+)\.\.\.([0-9a-f]+)$/.exec(path);
    if (between)
      return [
        200,
        execFileSync("git", ["--git-dir", bare, "diff", `${between[1]}`, `${between[2]}`], { encoding: "utf8" }),
      ];
    if (path !== "/repos/o/r/pulls") return [404, { message: "Not Found" }];
    if (method === "POST")
      return openPull(JSON.parse(body) as { title: string; body: string; head: string; base: string; draft: boolean });
    const head = searchParams.get("head");
    return [
      200,
      forge.pulls
        .filter(
          (pull) =>
            head === null ||
            forge.renamed !== null ||
            `${pull.head.repo.full_name.split("/")[0]}:${pull.head.ref}` === head,
        )
        .toReversed()
        .map((pull) =>
          forge.renamed ? { ...pull, head: { ...pull.head, repo: { full_name: forge.renamed } } } : pull,
        ),
    ];
  }

  function workflowRuns(): unknown {
    const all = [...forge.runs].toSorted(([a], [b]) => b - a);
    const workflow_runs = all.map(([id, { name, conclusion, workflow = 1 }]) => ({
      id,
      name,
      conclusion,
      workflow_id: workflow,
      head_sha: "c".repeat(40),
      html_url: `${forge.url}/o/r/actions/runs/${id}`,
      created_at: "2026-01-01T00:00:00Z",
    }));
    return { total_count: all.length, workflow_runs };
  }

  function workflowRun(id: number, jobs: boolean): [number, unknown] {
    const found = forge.runs.get(id);
    if (!found) return [404, { message: "Not Found" }];
    const { name, conclusion } = found;
    if (!jobs) return [200, { id, name, conclusion, status: "completed", head_sha: "c".repeat(40) }];
    const all = found.jobs.map((job, index) => ({ id: id * 100 + index, name: job.name, conclusion: job.conclusion }));
    return [200, { total_count: all.length, jobs: all }];
  }

  function artifactsOf(id: number): [string, Buffer | null][] {
    return Object.entries(forge.runs.get(id)?.artifacts ?? {});
  }

  function artifactList(id: number): unknown {
    const artifacts = artifactsOf(id).map(([name, archive], index) => ({
      id: id * 100 + index,
      name,
      size_in_bytes: archive?.length ?? 0,
      expired: archive === null,
    }));
    return { total_count: artifacts.length, artifacts };
  }

  function label(number: number, { labels }: { labels: string[] }): [number, unknown] {
    const all = [...new Set([...(forge.labels.get(number) ?? []), ...labels])];
    forge.labels.set(number, all);
    return [200, all.map((name) => ({ name }))];
  }

  function check(method: string, body: string): [number, unknown] {
    if (forge.checks === null) return [403, { message: "Resource not accessible by personal access token" }];
    if (method === "POST") forge.checks.push(JSON.parse(body) as FakeCheck);
    return method === "POST" ? [201, {}] : [200, { check_runs: forge.checks, total_count: forge.checks.length }];
  }

  function comment(number: number, { body }: { body: string }): [number, unknown] {
    const issue = forge.issues.get(number);
    if (!issue) return [404, { message: "Not Found" }];
    const comments = (issue.comments ??= []);
    comments.push({ login: forge.account === null ? "claw[bot]" : "claw", association: "MEMBER", body });
    return [201, { html_url: commentUrl(number, comments.length - 1) }];
  }

  /** Whoever may write to the repository may edit anybody's. */
  function editComment(id: number, { body }: { body: string }): [number, unknown] {
    const number = Math.floor(id / 1000);
    const comments = forge.issues.get(number)?.comments ?? [];
    const there = comments[id % 1000];
    if (!there) return [404, { message: "Not Found" }];
    comments[id % 1000] = { ...there, body, edited: true };
    return [200, { html_url: commentUrl(number, id % 1000) }];
  }

  const commentUrl = (number: number, index: number): string => `${forge.url}/o/r/issues/${number}#comment-${index}`;

  function issueOf(number: number, comments: boolean, query: URLSearchParams): [number, unknown] {
    const found = forge.issues.get(number);
    if (!found) return [404, { message: "Not Found" }];
    const all = (found.comments ?? []).map(({ login, association, body, edited = false }, index) => ({
      id: number * 1000 + index,
      user: { login },
      author_association: association,
      body,
      html_url: commentUrl(number, index),
      created_at: "2026-01-01T00:00:00Z",
      updated_at: edited ? "2026-01-02T00:00:00Z" : "2026-01-01T00:00:00Z",
    }));
    const size = Number(query.get("per_page") ?? 30);
    const page = Number(query.get("page") ?? 1);
    if (comments) return [200, all.slice((page - 1) * size, page * size)];
    const { title, body, state = "open", labels = ["bug"], pull_request } = found;
    return [
      200,
      {
        number,
        title,
        body,
        state,
        locked: false,
        labels: labels.map((one) => ({ name: one })),
        created_at: "2026-01-01T00:00:00Z",
        comments: all.length,
        user: { login: "ada" },
        author_association: "OWNER",
        html_url: `${forge.url}/o/r/issues/${number}`,
        ...(pull_request && { pull_request }),
      },
    ];
  }

  /** Pull requests are among them, as GitHub has it. */
  function openIssues(query: URLSearchParams): readonly unknown[] {
    const open = [...forge.issues].filter(([, { state = "open" }]) => state === "open").map(([number]) => number);
    const label = query.get("labels");
    const wanted = open.filter(
      (number) => label === null || (forge.issues.get(number)?.labels ?? ["bug"]).includes(label),
    );
    const order = query.get("direction") === "asc" ? 1 : -1;
    return wanted.toSorted((a, b) => order * (a - b)).map((number) => issueOf(number, false, query)[1]);
  }

  function openPull({
    title,
    body,
    head,
    base,
    draft,
  }: {
    title: string;
    body: string;
    head: string;
    base: string;
    draft: boolean;
  }): [number, unknown] {
    const [owner, ref] = head.includes(":") ? (head.split(":") as [string, string]) : ["o", head];
    const sha = branchAt(ref, owner);
    if (sha === null) return [422, { message: "Validation Failed", errors: [{ field: "head", code: "invalid" }] }];
    if (branchAt(base) === null)
      return [
        422,
        { message: "Validation Failed", errors: [{ resource: "PullRequest", field: "base", code: "invalid" }] },
      ];
    if (forge.pulls.some((pull) => pull.head.ref === ref && pull.state === "open"))
      return [422, { message: `Validation Failed: A pull request already exists for o:${head}.` }];
    const number = 100 + forge.pulls.length;
    const pull: FakePull = {
      number,
      html_url: `${forge.url}/o/r/pull/${number}`,
      state: "open",
      draft,
      created_at: new Date().toISOString(),
      merged_at: null,
      title,
      body,
      head: { ref, sha, repo: { full_name: forge.renamed ?? `${owner}/r` } },
      base: { ref: base, repo: { full_name: "o/r" } },
    };
    forge.pulls.push(pull);
    return [201, pull];
  }

  const branchAt = (branch: string, owner?: string): string | null => refAt(`heads/${branch}`, owner);

  /** Git in the repository of an owner, or null where it answers nothing. */
  function gitOf(owner: string, ...args: readonly string[]): string | null {
    const dir = owner === "o" ? bare : (forge.fork ?? "");
    try {
      return execFileSync("git", ["--git-dir", dir, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    } catch {
      return null;
    }
  }

  /** Where a ref is, named without "refs/". */
  const refAt = (ref: string, owner = "o"): string | null => gitOf(owner, "rev-parse", "--verify", `refs/${ref}`);

  function commitAt(sha: string, owner = "o"): unknown {
    const [date = "", ...message] = (gitOf(owner, "show", "--no-patch", "--format=%cI%n%B", sha) ?? "").split("\n");
    return { sha, message: message.join("\n"), committer: { date } };
  }

  return forge;
}
