import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { chooseModel } from "../../src/models/choose.ts";
import { connectModel } from "../../src/models/connect.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { connectAllowed } from "../../src/workflows/model-wish.ts";
import { temporary } from "../repo/fixture.ts";

/** A server that only counts who comes, and the configuration of a user who says that it is in the cloud. */
async function stage(more: string) {
  let contacts = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"object":"list","data":[{"id":"only"}]}');
  });
  server.on("connection", () => (contacts += 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const home = temporary();
  const { port } = server.address() as AddressInfo;
  mkdirSync(join(home, "claw"));
  const yaml = `${more}endpoints:\n  cloud: { baseUrl: "http://127.0.0.1:${port}/v1", selfHosted: false, key: { env: KEY } }\n`;
  writeFileSync(join(home, "claw", "config.yaml"), yaml);
  const config = loadConfig({ HOME: home, XDG_CONFIG_HOME: home, KEY: "a-key" });
  const connect: Parameters<typeof connectAllowed>[0]["connect"] = async (choice, mayContact) =>
    connectModel(await chooseModel(config, choice, systemClock, mayContact), systemClock);
  return { house: { connect }, contacts: () => contacts };
}

const localOnly = readManifest("egress: local-only\n");
const anywhere = readManifest("");

test.each([
  ["config.yaml", "egress: local-only\n", anywhere],
  ["claw.yaml", "", localOnly],
])(
  "where %s says local-only no cloud endpoint is contacted, not even to ask what it serves",
  async (who, more, manifest) => {
    const { house, contacts } = await stage(more);
    for (const choice of [undefined, "cloud/some-model"]) {
      await expect(connectAllowed(house, choice, manifest)).rejects.toMatchObject({
        outcome: "blocked",
        message: expect.stringContaining(`${who} says egress: local-only`) as string,
      });
    }
    expect(contacts()).toBe(0);
  },
);

test("without it the server is asked what it serves", async () => {
  const { house, contacts } = await stage("");
  expect((await connectAllowed(house, undefined, anywhere)).info.model).toBe("only");
  expect(contacts()).toBeGreaterThan(0);
});
