import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** An HTTPS server on loopback that is `host` to those who trust its certificate. */
export interface TlsServer {
  readonly port: number;
  /** Path of its own certificate, PEM. */
  readonly certificate: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** Starts one; key and certificate are made for it in `dir`. */
export async function startTlsServer(dir: string, host: string, answer: RequestListener): Promise<TlsServer> {
  const [key, certificate] = [join(dir, "key.pem"), join(dir, "certificate.pem")];
  const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...made, "-out", certificate, ...names], { stdio: "ignore" });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
