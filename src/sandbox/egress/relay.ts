import type { Socket } from "node:net";
import type { EgressLimits } from "../sandbox.ts";

/** Carries bytes both ways until both sides are closed, or a limit cuts them. `send` says whether so much more may go out. */
export async function relay(
  client: Socket,
  upstream: Socket,
  { limits, send }: { limits: EgressLimits; send: (bytes: number) => boolean },
): Promise<{ readonly sent: number; readonly received: number; readonly why: string }> {
  let sent = 0;
  let received = 0;
  let why = "closed";
  const cut = (reason: string): void => {
    if (client.destroyed && upstream.destroyed) return;
    why = reason;
    client.destroy();
    upstream.destroy();
  };
  // Before the pipe, so that what goes over the limit is not written.
  client.on("data", (chunk: Buffer) => {
    if (!send(chunk.length)) return cut("what this sandbox may send is used up");
    sent += chunk.length;
  });
  upstream.on("data", (chunk: Buffer) => (received += chunk.length));
  const timer = setTimeout(() => cut("it was open for too long"), limits.connectionMs);
  upstream.setTimeout(limits.idleMs, () => cut("nothing was said for too long"));
  client.once("close", () => upstream.destroy());
  upstream.once("close", () => client.end());
  client.pipe(upstream);
  upstream.pipe(client);
  await Promise.all([closed(client), closed(upstream)]);
  clearTimeout(timer);
  return { sent, received, why };
}

const closed = (socket: Socket): Promise<void> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => void socket.once("close", () => resolve()));
