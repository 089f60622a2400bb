import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { basename, join } from "node:path";

/** Answers a request below /o/r.git with the CGI that serves git everywhere, behind a password. `bare` is the git directory. */
export function serveGit(
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: Buffer },
  { bare, secret }: { bare: string; secret: string },
): void {
  const wanted = `Basic ${Buffer.from(`x-access-token:${secret}`).toString("base64")}`;
  if (request.headers.authorization !== wanted) {
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"' });
    return void response.end();
  }
  const { pathname, search } = new URL(request.url ?? "/", "http://forge.invalid");
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
      PATH_INFO: `/${basename(bare)}${pathname.replace(/^\/[^/]+\/[^/]+\.git/, "")}`,
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
