import { Duplex } from "node:stream";
import { connect } from "node:tls";

/** The first bytes of a real TLS client that asks for a name. */
export const clientHello = (servername: string): Promise<Buffer> => firstBytes({ servername });

/** The same of a client that names no server. */
export const withoutServerName = (): Promise<Buffer> => firstBytes({});

function firstBytes(options: { servername?: string }): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    connect({ socket: wire as never, ...options }).on("error", () => {});
  });
}
