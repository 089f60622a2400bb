/** Loopback, private and link-local addresses, and names without a public domain. */
export function isOwnNetwork(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  return (
    !/[.:]/.test(name) ||
    /\.(?:local|lan|internal|home|localhost)$/.test(name) ||
    /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(name) ||
    /^(?:::1$|f[cd]|fe80:)/i.test(name)
  );
}
