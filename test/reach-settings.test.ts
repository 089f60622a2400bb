import { expect, test } from "vitest";
import { containersOf, SandboxSettings } from "../src/reach-settings.ts";

const chosen = (settings: object) => containersOf(SandboxSettings.parse(settings));

test("a container is used only where the user's settings say so", () => {
  expect(chosen({})).toEqual({});
  expect(chosen({ backend: "podman", runtime: "runsc" })).toEqual({
    container: { backend: "podman", runtime: "runsc" },
  });
  expect(chosen({ backend: "auto" })).toEqual({ fallbacks: [{ backend: "podman" }] });
  expect(chosen({ backend: "auto", image: "node:24" })).toEqual({
    fallbacks: [
      { backend: "podman", image: "node:24" },
      { backend: "docker", image: "node:24" },
    ],
  });
  expect(() => chosen({ backend: "docker" })).toThrow("docker needs an image");
});
