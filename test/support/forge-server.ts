import { execFileSync, spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** A request the forge saw; git's own are in it too. */
interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

interface FakeIssue {
  readonly title: string;
  readonly body: string;
  readonly state?: string;
  readonly pull_request?: object;
  readonly comments?: readonly { readonly login: string; readonly association: string; readonly body: string }[];
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

/** Something a forge does wrong with one request: an answer of its own, or the work done and the answer lost or never sent. */
type ForgeFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | "lose-answer"
  | "never-answer";

export interface ForgeServer {
  /** "127.0.0.1:1234". */
  readonly host: string;
  readonly url: string;
  readonly token: string;
  readonly calls: readonly SeenCall[];
  readonly pulls: FakePull[];
  readonly issues: Map<number, FakeIssue>;
  archived: boolean;
  /** Asked before each API request; undefined lets it through. */
  fault: (method: string, path: string) => ForgeFault | undefined;
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
    issues: new Map(),
    archived: false,
    fault: () => undefined,
    close: () => new Promise((resolve) => void (server.closeAllConnections(), server.close(() => resolve()))),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "GET", url = "/" } = request;
    const { authorization } = request.headers;
    calls.push({ method, path: url, authorization, body: body.toString("latin1") });
    if (url.startsWith("/o/r.git/")) return git(request, response, body);
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
    if (authorization !== `token ${token}`) return send(401, { message: "Bad credentials" });
    const [status, value] = api(method, url, body.toString("utf8"));
    if (fault === "lose-answer") return void request.socket.destroy();
    if (fault === "never-answer") return;
    send(status, value);
  }

  function api(method: string, url: string, body: string): [number, unknown] {
    const { pathname, searchParams } = new URL(url, forge.url);
    const path = pathname.replace(/^\/api\/v3/, "");
    if (path === "/user") return [200, { login: "ada-l" }];
    if (path === "/repos/o/r") return [200, { default_branch: "main", archived: forge.archived }];
    const issue = /^\/repos\/o\/r\/issues\/(\d+)(\/comments)?$/.exec(path);
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
    return [200, forge.pulls.filter((pull) => head === null || `o:${pull.head.ref}` === head).toReversed()];
  }

  function issueOf(number: number, comments: boolean, query: URLSearchParams): [number, unknown] {
    const found = forge.issues.get(number);
    if (!found) return [404, { message: "Not Found" }];
    const all = (found.comments ?? []).map(({ login, association, body }) => ({
      user: { login },
      author_association: association,
      body,
    }));
    const size = Number(query.get("per_page") ?? 30);
    const page = Number(query.get("page") ?? 1);
    if (comments) return [200, all.slice((page - 1) * size, page * size)];
    const { title, body, state = "open", pull_request } = found;
    return [
      200,
      {
        number,
        title,
        body,
        state,
        locked: false,
        labels: [{ name: "bug" }],
        comments: all.length,
        user: { login: "ada" },
        author_association: "OWNER",
        html_url: `${forge.url}/o/r/issues/${number}`,
        ...(pull_request && { pull_request }),
      },
    ];
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
    const sha = branchAt(head);
    if (sha === null) return [422, { message: "Validation Failed", errors: [{ field: "head", code: "invalid" }] }];
    if (forge.pulls.some((pull) => pull.head.ref === head && pull.state === "open"))
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
      head: { ref: head, sha, repo: { full_name: "o/r" } },
      base: { ref: base, repo: { full_name: "o/r" } },
    };
    forge.pulls.push(pull);
    return [201, pull];
  }

  function branchAt(branch: string): string | null {
    try {
      return execFileSync("git", ["--git-dir", bare, "rev-parse", "--verify", `refs/heads/${branch}`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    } catch {
      return null;
    }
  }

  /** The CGI that serves git everywhere, behind a password. */
  function git(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const wanted = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
    if (request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' });
      return void response.end();
    }
    const { pathname, search } = new URL(request.url ?? "/", forge.url);
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: join(bare, ".."),
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_COUNT: "2",
        GIT_CONFIG_KEY_0: "http.receivepack",
        GIT_CONFIG_VALUE_0: "true",
        GIT_CONFIG_KEY_1: "safe.directory",
        GIT_CONFIG_VALUE_1: "*",
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname.replace("/o/", "/"),
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        CONTENT_LENGTH: String(body.length),
        REMOTE_USER: "claw",
        REMOTE_ADDR: "127.0.0.1",
        ...(request.headers["content-encoding"] && { HTTP_CONTENT_ENCODING: request.headers["content-encoding"] }),
        ...(request.headers["git-protocol"] && { GIT_PROTOCOL: String(request.headers["git-protocol"]) }),
      },
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => void output.push(chunk));
    child.stdin.on("error", () => {}); // its answer can come before it has read everything
    child.stdin.end(body);
    child.on("close", () => {
      const all = Buffer.concat(output);
      const end = all.indexOf("\r\n\r\n");
      const headers = all
        .subarray(0, end)
        .toString("latin1")
        .split("\r\n")
        .map((line) => line.split(": ", 2) as [string, string]);
      const status = headers.find(([name]) => name === "Status")?.[1];
      response.writeHead(
        status ? Number.parseInt(status, 10) : 200,
        Object.fromEntries(headers.filter(([name]) => name !== "Status")),
      );
      response.end(all.subarray(end + 4));
    });
  }

  return forge;
}
