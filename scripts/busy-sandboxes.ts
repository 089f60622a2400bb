// Run by kill-sandbox.ts, to be killed: opens a sandbox and starts commands in it, one after the other and side by side.
import { openSandbox } from "../src/sandbox/open.ts";

const [given = "", marker = ""] = process.argv.slice(2);
const { policy, host } = JSON.parse(given) as {
  policy: Parameters<typeof openSandbox>[0];
  host: Parameters<typeof openSandbox>[1];
};
const box = await openSandbox(policy, host);
const daemon = `setsid bash -c 'exec -a ${marker} sleep 600' >/dev/null 2>&1 </dev/null &`;
const work = [
  `exec -a ${marker} sleep 600`,
  `for n in 1 2 3 4; do ${daemon} done; wait; exec -a ${marker} sleep 600`,
  `trap '' TERM INT HUP; (exec -a ${marker} sleep 600) & for n in {1..300}; do echo $n > f$n; done; wait`,
  `head -c 20M /dev/zero > big; exec -a ${marker} sleep 600`,
];
process.stdout.write("working\n");
for (;;) {
  await Promise.all([
    box.files?.write("written", Buffer.alloc(100_000)),
    box.files?.read("written", 100_000),
    ...work.map((script) => box.exec(["/bin/bash", "-c", script], { wallMs: 300 })),
  ]);
}
