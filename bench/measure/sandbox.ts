import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assembleBox } from "../../src/sandbox/box.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox, SandboxHost, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { defaultLimits } from "../../src/workflows/sandboxes.ts";
import { type Desk, environment, type Measurement } from "../desk.ts";
import { containers, ordinaryUser, srt, SRT_MISSING, type Timed, timed } from "../others.ts";
import { finish } from "../process.ts";
import { atMost, type Row, timesFloor } from "../row.ts";
import { compared, interleaved, median } from "../statistics.ts";

const COMMAND = ["/bin/bash", "-c", "true"] as const;

/** The same command without a sandbox, in the least of sandboxes, in claw's, in parts of claw's, and in others'. */
export const sandbox: Measurement = {
  name: "sandbox",
  about: "one command in claw's sandbox against a bare spawn, a minimal bubblewrap and other sandboxes",
  async run(desk) {
    const { policy, host, env } = sceneOf(desk);
    const proving = await timed(() => openSandbox(policy, host).then((box) => box.close()));
    const online = { ...policy, network: { hosts: ["registry.example.org"] } };
    const boxes: Record<string, Sandbox> = {
      claw: await openSandbox(policy, host),
      egress: await openSandbox(online, host),
      ...(await parts(policy, host)),
      ...(await containers(policy, host)),
    };
    const [user, other] = [await ordinaryUser(), await srt(policy.workspace)];
    const inBoxes = Object.entries(boxes).map(([name, box]): [string, Timed] => [
      name,
      () => timed(() => box.exec(COMMAND)),
    ]);
    const subjects: Record<string, Timed> = {
      bare: () => timed(() => finish(COMMAND[0], COMMAND.slice(1), { cwd: policy.workspace, env })),
      bwrap: () => timed(() => finish("/usr/bin/bwrap", minimal(policy.workspace), { cwd: policy.workspace, env })),
      ...Object.fromEntries(inBoxes),
      file: () => timed(() => boxes["claw"]?.files?.read("file", 4096) ?? Promise.resolve()),
      open: () => timed(() => openSandbox(policy, host).then((opened) => opened.close())),
      ...(user && { "user bare": user.of("bare"), "user claw": user.of("claw"), "user file": user.of("file") }),
      ...(other && { srt: other.run }),
    };
    try {
      await interleaved(3, subjects);
      const found = await interleaved(desk.repeats(60, 20), subjects);
      const count = desk.repeats(100, 20);
      // That their kind holds is shown by the first of them.
      await manyAtOnce(1, desk, { policy, host });
      const many = await timed(() => manyAtOnce(count, desk, { policy, host }));
      return [
        ...rowsOf(found, Object.keys(boxes)),
        { what: `${count} sandboxes of as many policies at once, a command in each`, unit: "ms", value: many },
        { what: "first opening, with the self-test", unit: "ms", value: proving },
      ];
    } finally {
      user?.end();
      await other?.end();
      for (const box of Object.values(boxes)) await box.close();
    }
  },
};

function sceneOf(desk: Desk): { policy: SandboxPolicy; host: SandboxHost; env: NodeJS.ProcessEnv } {
  const dir = join(desk.dir, "sandbox");
  const workspace = join(dir, "workspace");
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, "file"), "x".repeat(4000));
  const env = environment(dir);
  const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none" } as const;
  const host = { path: env["PATH"] ?? "", home: dir, stateDir: join(dir, "state") };
  return { policy: { ...policy, limits: defaultLimits }, host, env };
}

function minimal(workspace: string): string[] {
  const shown = ["--ro-bind", "/", "/", "--bind", workspace, workspace, "--dev", "/dev", "--proc", "/proc"];
  return [...shown, "--unshare-pid", "--unshare-net", "--die-with-parent", "--", ...COMMAND];
}

/** What of claw's own costs how much: only root has all of it. */
async function parts(policy: SandboxPolicy, host: SandboxHost): Promise<Record<string, Sandbox>> {
  if (process.getuid?.() !== 0) return {};
  const ability = { bwrap: "/usr/bin/bwrap", disableUserns: true, keeps: true, cgroup: true, scope: false };
  return {
    "without a cgroup": await assembleBox(policy, host, { ...ability, cgroup: false }),
    "without another user": await assembleBox(policy, host, { ...ability, keeps: false }),
  };
}

function rowsOf(found: Readonly<Record<string, readonly number[]>>, boxes: readonly string[]): Row[] {
  const of = (name: string): readonly number[] => found[name] ?? [];
  const [bare, claw] = [of("bare"), of("claw")];
  const user = of("user claw").map((ms, round) => ms - (of("user bare")[round] ?? Number.NaN));
  const others = [...boxes.filter((name) => !["claw", "egress"].includes(name)), "srt"].filter(
    (name) => of(name).length > 0,
  );
  return [
    {
      what: "command in the sandbox, over bare spawn",
      unit: "ms",
      ...compared(claw, bare),
      ...(of("srt").length === 0 && { note: SRT_MISSING }),
    },
    {
      what: "command in the sandbox, over minimal bwrap",
      unit: "ms",
      ...compared(claw, of("bwrap")),
      budget: timesFloor(1.5),
    },
    ...(user.length > 0
      ? [
          {
            what: "what it adds to a bare spawn for an ordinary user",
            unit: "ms",
            value: median(user),
            budget: atMost(12),
          },
        ]
      : []),
    {
      what: "a file read inside, without a process of its own",
      unit: "ms",
      value: median(of("file")),
      budget: atMost(2),
    },
    ...(user.length > 0
      ? [{ what: "the same for an ordinary user", unit: "ms", value: median(of("user file")), budget: atMost(2) }]
      : []),
    { what: "command with a way out, over one without", unit: "ms", ...compared(of("egress"), claw) },
    ...others.map((name) => ({
      what: `command ${name.startsWith("without") ? "" : "in "}${name}, over claw's`,
      unit: "ms",
      ...compared(of(name), claw),
    })),
    { what: "opening and closing a sandbox", unit: "ms", value: median(of("open")) },
  ];
}

/** Each sees its own policy and its own workspace, or this throws. */
async function manyAtOnce(
  count: number,
  { dir }: Desk,
  { policy, host }: { readonly policy: SandboxPolicy; readonly host: SandboxHost },
): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const workspace = join(dir, `many-${index}`);
      mkdirSync(workspace, { recursive: true });
      const box = await openSandbox({ ...policy, workspace, env: { NUMBER: `${index}` } }, host);
      try {
        const { stdout } = await box.exec(["/bin/bash", "-c", "echo $NUMBER > own; cat own; ls"]);
        const said = stdout.toString("utf8");
        if (said !== `${index}\nown\n`) throw new Error(`sandbox ${index} saw: ${said}`);
      } finally {
        await box.close();
      }
    }),
  );
}
