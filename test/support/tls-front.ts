import { connect, createServer, type AddressInfo } from "node:net";
import { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { selfSigned } from "./self-signed.ts";

/** Says that TLS is spoken: https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL. */
const YES = "S";

/** What speaks TLS as a PostgreSQL does, with the certificate for localhost and 127.0.0.1, before one on loopback that does not. Gives its port. */
export async function tlsFront(behind: number): Promise<number> {
  const server = createServer((plain) => {
    plain.on("error", () => {});
    plain.once("data", () => {
      plain.write(YES);
      const inside = connect(behind, "127.0.0.1");
      const secure = new TLSSocket(plain, { isServer: true, ...selfSigned });
      for (const end of [inside, secure]) end.on("error", () => (inside.destroy(), secure.destroy()));
      secure.pipe(inside).pipe(secure);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
