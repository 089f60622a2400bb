import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { apiFace, hookFace, together } from "../serve/faces.ts";

const DEFAULT_PORT = 7345;

export const serve = command({
  options: [
    ["--api", "serve the HTTP API: tasks, runs, decisions"],
    ["--webhook", "take what GitHub tells: issues labelled, /claw fix, /claw approve, red CI; it becomes tasks"],
    ["--host <address>", "the address to listen on (default: 127.0.0.1); any other needs tokens"],
    ["--port <n>", `the port to listen on, 0 for any that is free (default: ${DEFAULT_PORT})`],
    ["--repo <path...>", "--api: repositories that tasks may be for (default: the one you are in)"],
    ["--openapi", "print the document that describes the API, and end"],
    ["--json", "print where it listens as one JSON object"],
  ],
  more: `Adds, lists and cancels tasks, lists and follows runs, and takes decisions of people; workers do the work: claw work. Nothing it
does goes beyond what the same person may do at a terminal here.

Tokens are named in config.yaml, by the person who has each: api: { tokens: { "Ada Lovelace": { env: CLAW_ADA } } }. With one, every
request needs one, and what is decided goes on record under that person's name; without any, it listens on this machine only, and
takes no decisions. Nobody sees other repositories than those that are served; a person's own, with { token: { env: CLAW_ADA },
repositories: [/path] }, are those and no others. It speaks plain HTTP: put a proxy with TLS before it where it leaves this machine.

--webhook takes deliveries at /webhook/github, signed with the secret that config.yaml names, for the repositories that it names:
webhook: { secret: { file: ~/.config/claw/webhook-secret }, repositories: [/srv/work/sum] }. An issue that somebody who may
write labels claw, or comments with /claw fix, and CI that is red on the default branch, become tasks; /claw approve <hash> is
recorded. A delivery that comes twice does nothing twice.

Examples:
  claw serve --api
  claw serve --webhook --port 7346
  claw serve --api --webhook
  claw serve --api --port 0 --json
  claw serve --openapi > openapi.json
  curl -s 127.0.0.1:${DEFAULT_PORT}/v1/tasks -H 'Content-Type: application/json'
      -d '{"title": "sum([]) throws"}'

Ends with Ctrl-C, exit code 130.`,
  input: z.object({
    api: z.boolean().default(false),
    webhook: z.boolean().default(false),
    host: z.string().trim().min(1).default("127.0.0.1"),
    port: numberOption({ min: 0, max: 65_535, whole: true }),
    repo: z.array(z.string()).optional(),
    openapi: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ api, webhook, host, port = DEFAULT_PORT, repo, openapi, json }, desk) {
    if (openapi) {
      const { openApi } = await import("../../web/api/openapi.ts");
      return desk.out(JSON.stringify(openApi(), null, 2));
    }
    if (!api && !webhook)
      throw new UsageError("nothing is named that could be served", "claw serve --api, claw serve --webhook, or both");
    const app = await desk.app();
    let at = port;
    const wanted = { host, repositories: repo ?? [desk.cwd], port: () => at };
    const faces = [...(webhook ? [await hookFace(app, desk)] : []), ...(api ? [await apiFace(app, desk, wanted)] : [])];
    const onListening = (chosen: number): void => {
      at = chosen;
      const url = `http://${host.includes(":") ? `[${host}]` : host}:${at}`;
      const repositories = [...new Set(faces.flatMap((face) => face.repositories))];
      desk.out(json ? JSON.stringify({ type: "serving", version: 1, url, repositories }) : `listening on ${url}`);
      for (const { tells } of faces) desk.err(tells(url));
    };
    const { listen } = await import("../../web/api/serve.ts");
    await listen(together(faces), { host, port, signal: desk.signal, onListening });
    desk.signal.throwIfAborted();
  },
});
