import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * Was this body signed with the secret? `header` is X-Hub-Signature-256, "sha256=" and the HMAC-SHA256 of the bytes as they
 * came, in hex; the comparison takes as long whatever was sent.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function isSigned(body: Uint8Array, header: string | undefined, secret: string): boolean {
  const [, given = ""] = /^sha256=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
  const wanted = createHmac("sha256", secret).update(body).digest();
  // Of something else than a digest nothing is told either: it is compared all the same.
  return timingSafeEqual(wanted, Buffer.from(given.padEnd(64, "0"), "hex")) && given !== "";
}
