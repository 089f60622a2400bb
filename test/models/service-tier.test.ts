import { onTestFinished, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { chooseModel } from "../../src/models/choose.ts";
import { connectModel } from "../../src/models/connect.ts";
import { startModelServer, type Fault } from "../support/model-server.ts";
import { askOnce, endpointAt, failureOf, requestOf } from "./desk.ts";

const full: Fault = { fault: "status", status: 429, body: { error: { message: "Resource unavailable" } } };

test.each(["chat", "responses"] as const)(
  "over %s a full flex tier is waited for a minute at a time, and after a quarter of an hour the usual tier is asked",
  async (wire) => {
    const server = await startModelServer(({ body }) =>
      body["service_tier"] === "flex" ? full : { text: "here", tier: "default" },
    );
    onTestFinished(server.close);
    const model = await connectModel(endpointAt(server.url, { wire, serviceTier: "flex" }), systemClock);
    const ask = () => model.ask(requestOf(), new AbortController().signal);
    for (let refusal = 0; refusal < 15; refusal += 1) {
      const error = await failureOf(ask());
      expect(error).toMatchObject({ kind: "tier_full", usage: null, heard: { serviceTier: "flex" } });
      expect(error.isFault).toBe(false);
      expect(error.backoffMs(refusal, 0.5)).toBeGreaterThanOrEqual(55_000);
    }
    const reply = await ask();
    expect(reply.servedTier).toBe("default");
    expect(reply.heard).not.toHaveProperty("serviceTier");
    expect(server.requests.at(-1)?.body["service_tier"]).toBe("default");
  },
);

test("without a word about it no tier is named to a server that may have none, nor is its 429 taken for one", async () => {
  const server = await startModelServer(({ index }) => (index === 0 ? full : { text: "here" }));
  onTestFinished(server.close);
  expect((await failureOf(askOnce(endpointAt(server.url)))).kind).toBe("rate");
  await askOnce(endpointAt(server.url));
  expect(server.requests.at(-1)?.body).not.toHaveProperty("service_tier");
});

test("config.yaml says which tier an endpoint is asked for; Anthropic's wire has none to ask for", async () => {
  const config = loadConfig({ HOME: "/nonexistent", OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "k" });
  const choose = async (name: "openai" | "anthropic") => {
    const endpoint = config.user.endpoints[name];
    if (!endpoint) throw new Error("no such endpoint");
    const endpoints = { [name]: { ...endpoint, serviceTier: "flex" as const } };
    return chooseModel({ ...config, user: { ...config.user, endpoints } }, `${name}/m`, systemClock);
  };
  expect(await choose("openai")).toMatchObject({ serviceTier: "flex" });
  await expect(choose("anthropic")).rejects.toThrow("endpoints.anthropic.serviceTier: the wire anthropic has no tier");
});
