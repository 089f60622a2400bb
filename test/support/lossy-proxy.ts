import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** Passes bytes on to a server on loopback, until it is told to lose some. */
export interface LossyProxy {
  readonly port: number;
  /** The next time that these bytes come from a client, the connection breaks: before they are passed on, or after the answer is in. */
  loseNext(bytes: string, when: "on the way there" | "on the way back"): void;
  /** From now on nothing gets through, and nobody is told: as when a cable is pulled. */
  cut(): void;
}

export async function lossyProxy(target: number): Promise<LossyProxy> {
  let cut = false;
  let loss: { readonly bytes: string; readonly when: string } | null = null;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    let silent = false;
    const end = (): void => [client, upstream].forEach((socket) => void socket.destroy());
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end).on("close", () => (open.delete(socket), cut || end()));
    }
    client.on("data", (data) => {
      if (cut) return;
      if (loss && data.includes(loss.bytes)) {
        silent = loss.when === "on the way back";
        loss = null;
        if (!silent) return end();
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (silent) end();
      else if (!cut) client.write(data);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { port, loseNext: (bytes, when) => (loss = { bytes, when }), cut: () => (cut = true) };
}
