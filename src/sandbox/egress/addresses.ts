import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** IPv4 that is not the public internet (IANA special-purpose registry, RFC 6890 and its updates). */
const special4: readonly (readonly [address: string, prefix: number, what: string])[] = [
  ["0.0.0.0", 8, "this host"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "shared by carriers"],
  ["127.0.0.0", 8, "loopback"],
  ["169.254.0.0", 16, "link-local or metadata"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "reserved"],
  ["192.0.2.0", 24, "documentation"],
  ["192.31.196.0", 24, "reserved"],
  ["192.52.193.0", 24, "reserved"],
  ["192.88.99.0", 24, "a relay"],
  ["192.168.0.0", 16, "private"],
  ["192.175.48.0", 24, "reserved"],
  ["198.18.0.0", 15, "benchmarking"],
  ["198.51.100.0", 24, "documentation"],
  ["203.0.113.0", 24, "documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved"],
];

/** Within 2000::/3, the only IPv6 that is public; everything else there is special, mapped or translated. */
const special6: readonly (readonly [address: string, prefix: number, what: string])[] = [
  ["2001::", 23, "reserved or a tunnel"],
  ["2001:db8::", 32, "documentation"],
  ["2002::", 16, "a 6to4 tunnel"],
  ["2620:4f:8000::", 48, "reserved"],
  ["3fff::", 20, "documentation"],
];

const listed = (address: string, prefix: number, family: "ipv4" | "ipv6"): BlockList => {
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return list;
};
const lists4 = special4.map(([address, prefix, what]) => ({ list: listed(address, prefix, "ipv4"), what }));
const lists6 = special6.map(([address, prefix, what]) => ({ list: listed(address, prefix, "ipv6"), what }));
const public6 = listed("2000::", 3, "ipv6");

/** Why an address is not one of the public internet: "loopback", "private", …; null when it is. */
export function notPublic(address: string): string | null {
  const family = isIP(address);
  if (family === 0) return "no address";
  if (family === 4) return lists4.find(({ list }) => list.check(address, "ipv4"))?.what ?? own(address);
  if (!public6.check(address, "ipv6")) return "not a public IPv6 address";
  return lists6.find(({ list }) => list.check(address, "ipv6"))?.what ?? own(address);
}

/** This machine's own addresses lead back to it. */
const own = (address: string): string | null =>
  Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === address))
    ? "this machine's own"
    : null;
