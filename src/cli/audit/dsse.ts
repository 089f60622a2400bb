import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";
import { UsageError } from "../../errors.ts";
import type { Envelope } from "../../ledger/export.ts";

/** An ed25519 key, and how others know it: SHA-256 of its public part in DER. */
export interface SigningKey {
  readonly keyid: string;
  /** PEM. */
  readonly publicKey: string;
  readonly key: KeyObject;
}

/** A private key as PEM text. Its text is never part of an error. */
export function readSigningKey(pem: string): SigningKey {
  const refuse = (problem: string): UsageError =>
    new UsageError(
      `audit.signingKey ${problem}`,
      "make one with: openssl genpkey -algorithm ed25519; config.yaml says where it is found, never the key itself",
    );
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw refuse("is no private key in PEM");
  }
  if (key.asymmetricKeyType !== "ed25519") throw refuse(`is of type ${key.asymmetricKeyType}, not ed25519`);
  const { keyid, publicKey } = readPublicKey(createPublicKey(key).export({ type: "spki", format: "pem" }).toString());
  return { keyid, publicKey, key };
}

/** A public key as PEM text. */
export function readPublicKey(pem: string): SigningKey {
  // Node would take its public part, and somebody would go on handing it out.
  if (pem.includes("PRIVATE KEY"))
    throw new UsageError(
      "that is a private key, and whoever has it can sign: a public one is wanted",
      "give its public part: openssl pkey -in key.pem -pubout -out public.pem",
    );
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== "ed25519") throw new TypeError("another type of key");
    const keyid = hash("sha256", key.export({ type: "spki", format: "der" }));
    return { keyid, publicKey: key.export({ type: "spki", format: "pem" }).toString(), key };
  } catch (error) {
    throw new UsageError(
      "the public key cannot be read",
      "give an ed25519 public key in PEM: openssl pkey -in key.pem -pubout",
      error,
    );
  }
}

/** What is signed: DSSE's pre-authentication encoding, https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function encoded(type: string, body: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A DSSE envelope around a text. */
export function seal(payloadType: string, text: string, { key, keyid }: SigningKey): Envelope {
  const body = Buffer.from(text);
  const sig = sign(null, encoded(payloadType, body), key).toString("base64");
  return { payloadType, payload: body.toString("base64"), signatures: [{ keyid, sig }] };
}

/** The text of an envelope that a key has signed; null when it has not. */
export function opened({ payloadType, payload, signatures }: Envelope, { key, keyid }: SigningKey): string | null {
  const body = Buffer.from(payload, "base64");
  const holds = signatures.some(
    (each) => each.keyid === keyid && verify(null, encoded(payloadType, body), key, Buffer.from(each.sig, "base64")),
  );
  return holds ? body.toString("utf8") : null;
}
