import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { SandboxHost, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { defaultLimits } from "../../src/workflows/sandboxes.ts";
import { environment, type Measurement } from "../desk.ts";
import { finish } from "../process.ts";
import { timesFloor } from "../row.ts";
import { compared, interleaved, median } from "../statistics.ts";

const COMMAND = ["/bin/bash", "-c", "true"] as const;

/** The same command without a sandbox, in the least of sandboxes, and in claw's. */
export const sandbox: Measurement = {
  name: "sandbox",
  about: "one command in claw's sandbox against a bare spawn and a minimal bubblewrap",
  async run(desk) {
    const workspace = join(desk.dir, "sandbox", "workspace");
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, "file"), "x".repeat(4000));
    const env = environment(join(desk.dir, "sandbox"));
    const policy: SandboxPolicy = {
      workspace,
      workspaceMode: "rw",
      git: null,
      mounts: [],
      env: {},
      network: "none",
      limits: defaultLimits,
    };
    const host = {
      path: env["PATH"] ?? "",
      home: join(desk.dir, "sandbox"),
      stateDir: join(desk.dir, "sandbox", "state"),
    };
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const startedAt = performance.now();
      await work();
      return performance.now() - startedAt;
    };
    const minimal = ["--ro-bind", "/", "/", "--bind", workspace, workspace, "--dev", "/dev", "--proc", "/proc"];
    const flags = [...minimal, "--unshare-pid", "--unshare-net", "--die-with-parent", "--", ...COMMAND];
    const proving = await timed(() => openSandbox(policy, host).then((box) => box.close()));
    const box = await openSandbox(policy, host);
    const online = await openSandbox({ ...policy, network: { hosts: ["registry.example.org"] } }, host);
    try {
      const subjects = {
        bare: () => timed(() => finish(COMMAND[0], COMMAND.slice(1), { cwd: workspace, env })),
        bwrap: () => timed(() => finish("/usr/bin/bwrap", flags, { cwd: workspace, env })),
        claw: () => timed(() => box.exec(COMMAND)),
        egress: () => timed(() => online.exec(COMMAND)),
        file: () => timed(() => box.files?.read("file", 4096) ?? Promise.resolve()),
        open: () => timed(() => openSandbox(policy, host).then((opened) => opened.close())),
      };
      await interleaved(3, subjects);
      const { bare, bwrap, claw, egress, file, open } = await interleaved(desk.repeats(60, 20), subjects);
      const many = await timed(() => manyAtOnce(desk.repeats(100, 20), join(desk.dir, "sandbox"), { policy, host }));
      return [
        { what: "command in the sandbox, over bare spawn", unit: "ms", ...compared(claw, bare) },
        {
          what: "command in the sandbox, over minimal bwrap",
          unit: "ms",
          ...compared(claw, bwrap),
          budget: timesFloor(1.5),
        },
        { what: "a file read inside, without a process of its own", unit: "ms", value: median(file) },
        { what: "command with a way out, over one without", unit: "ms", ...compared(egress, claw) },
        { what: "opening and closing a sandbox", unit: "ms", value: median(open) },
        {
          what: `${desk.repeats(100, 20)} sandboxes of as many policies at once, a command in each`,
          unit: "ms",
          value: many,
        },
        { what: "first opening, with the self-test", unit: "ms", value: proving },
      ];
    } finally {
      await online.close();
      await box.close();
    }
  },
};

/** Each sees its own policy and its own workspace, or this throws. */
async function manyAtOnce(
  count: number,
  dir: string,
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
