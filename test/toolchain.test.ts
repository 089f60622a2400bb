import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { userConfigSchema } from "../src/config.ts";
import { manifestSchema } from "../src/policy/manifest.ts";

interface Lock {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const manifest = readJson("package.json") as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const lock = readJson("package-lock.json") as Lock;

let scratch = "";
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "claw-toolchain-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe("the starter", () => {
  const systemNode = "/usr/bin/node";
  const systemVersion = existsSync(systemNode) ? execFileSync(systemNode, ["--version"], { encoding: "utf8" }) : "";
  const [, major = 99, minor = 0] = /^v(\d+)\.(\d+)/.exec(systemVersion)?.map(Number) ?? [];
  const isOld = major < 22 || (major === 22 && minor < 18);

  test.skipIf(!isOld)(`says what to do on a Node that is too old (${systemVersion.trim() || "none at hand"})`, () => {
    const { status, stdout, stderr } = spawnSync(systemNode, ["bin/claw.js", "fix", "x"], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 24, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^claw: needs Node 22\.18 or newer, this is Node \d+/),
      expect.stringMatching(/^ {2}inside the claw project run: npx claw .* install Node 22\.18 or newer$/),
    ]);
  });

  test("says what to do when nothing was built", () => {
    mkdirSync(join(scratch, "bin"));
    copyFileSync("bin/claw.js", join(scratch, "bin/claw.js"));
    writeFileSync(join(scratch, "package.json"), '{ "type": "module" }');
    const { status, stderr } = spawnSync(process.execPath, [join(scratch, "bin/claw.js")], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 24,
      stderr: `claw: is not built: dist/main.js is missing\n  run: npm run build (in ${scratch}/)\n`,
    });
  });

  test("passes arguments on and leaves with the program's exit code", () => {
    expect(start('export const main = async (argv) => { console.log(argv.join(" ")); return 13; };')).toEqual({
      status: 13,
      stdout: "fix ISSUE.md\n",
    });
  });

  test("never calls it a success when the program ran dry without an answer", () => {
    expect(start("export const main = () => new Promise(() => {});").status).toBe(1);
  });

  /** Runs the starter over a program of our own. */
  function start(program: string): { status: number | null; stdout: string } {
    for (const folder of ["bin", "dist"]) mkdirSync(join(scratch, folder));
    copyFileSync("bin/claw.js", join(scratch, "bin/claw.js"));
    writeFileSync(join(scratch, "package.json"), '{ "type": "module" }');
    writeFileSync(join(scratch, "dist/main.js"), program);
    const argv = [join(scratch, "bin/claw.js"), "fix", "ISSUE.md"];
    const { status, stdout } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    return { status, stdout };
  }
});

describe("the lockfile", () => {
  test("names what package.json names", () => {
    const { dependencies, devDependencies, version, engines, bin } = lock.packages[""] ?? {};
    expect({ dependencies, devDependencies, version, engines, bin }).toEqual({
      dependencies: manifest["dependencies"],
      devDependencies: manifest["devDependencies"],
      version: manifest["version"],
      engines: manifest["engines"],
      bin: manifest["bin"],
    });
  });

  test("keeps npm from compiling better-sqlite3, which brings its binaries", () => {
    // npm looks for this in the lockfile and drops it whenever it writes one: put it back by hand after `npm install`.
    expect(lock.packages["node_modules/better-sqlite3"]).toMatchObject({ gypfile: false });
    expect(manifest["allowScripts"]).toMatchObject({ "better-sqlite3": false });
  });

  test("runs no install script that package.json does not allow by name", () => {
    const scripted = Object.entries(lock.packages)
      .filter(([, entry]) => entry["hasInstallScript"] === true && entry["optional"] !== true)
      .map(([path]) => path.replace(/^.*node_modules\//, ""));
    expect(scripted.filter((name) => manifest["allowScripts"]?.[name] !== true)).toEqual([]);
  });
});

test("the published schemas are the ones the program reads by", () => {
  expect(readJson("schema/claw.schema.json")).toEqual(manifestSchema());
  expect(readJson("schema/config.schema.json")).toEqual(userConfigSchema());
});

describe("scripts/setup", () => {
  test("says nothing when everything is there", () => {
    expect(setUp({})).toEqual({ status: 0, said: "" });
  });

  test("as an ordinary user stops with the command to run", () => {
    expect(setUp({ without: ["bwrap", "prlimit"] })).toEqual({
      status: 1,
      said:
        "setup: missing: bubblewrap prlimit\n" +
        "  run: sudo apt-get install -y --no-install-recommends bubblewrap util-linux\n",
    });
  });

  test("calls a git that is too old missing", () => {
    expect(setUp({ git: "2.25.1" }).said).toContain("setup: missing: git\n");
  });

  test("as root says what it installs, then installs it", () => {
    expect(setUp({ without: ["bwrap"], uid: 0, aptGet: installing("bwrap") })).toEqual({
      status: 0,
      said:
        "setup: missing: bubblewrap; installing: bubblewrap (with apt-get)\n" +
        "apt-get install -y --no-install-recommends bubblewrap\n",
    });
  });

  test("fetches package lists only when installing needs them", () => {
    const needsLists = `if [ "$1" = update ]; then touch "$0.lists"; else [ -e "$0.lists" ] || exit 100; ${installing("bwrap")}; fi`;
    expect(setUp({ without: ["bwrap"], uid: 0, aptGet: needsLists })).toMatchObject({
      status: 0,
      said: expect.stringMatching(/apt-get install .*\nsetup: apt-get update\napt-get update\napt-get install .*\n$/),
    });
  });

  test("does not pretend when installing did not help", () => {
    expect(setUp({ without: ["bwrap"], uid: 0 })).toMatchObject({
      status: 1,
      said: expect.stringContaining("setup: still missing after installing: bubblewrap\n"),
    });
  });

  const installing = (tool: string) => `cp "$(dirname "$0")/prlimit" "$(dirname "$0")/${tool}"`;

  /** Runs the script on a machine that has exactly the tools said. */
  function setUp(machine: { without?: readonly string[]; git?: string; uid?: number; aptGet?: string }) {
    for (const tool of ["bash", "cp", "dirname", "sed", "touch", "tr", "uname"]) {
      symlinkSync(
        execFileSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(),
        join(scratch, tool),
      );
    }
    const tools = {
      git: `echo "git version ${machine.git ?? "2.39.5"}"`,
      bwrap: "",
      prlimit: "",
      tmux: "",
      python3: "exit 0",
      id: `echo ${machine.uid ?? 1000}`,
      "apt-get": `echo "apt-get $*"; ${machine.aptGet ?? ":"}`,
    };
    for (const [name, body] of Object.entries(tools)) {
      if (machine.without?.includes(name)) continue;
      writeFileSync(join(scratch, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(scratch, name), 0o755);
    }
    const { status, stdout, stderr } = spawnSync("/bin/bash", ["scripts/setup"], {
      encoding: "utf8",
      env: { PATH: scratch },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { status, said: stdout + stderr };
  }
});
