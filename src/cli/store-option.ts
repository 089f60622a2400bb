import { type Command as Commander, Option } from "commander";
import type { CommandDesk } from "./command.ts";

/** Where a password stands that anybody on the machine can read in the list of processes. */
const WITH_PASSWORD = /^[a-z]+:\/\/[^/@]*:[^/@]+@|[?&]password=/;

/**
 * Gives a command and its members the option --store, which says where ledger and queue are: it is the same everywhere, so
 * `claw help store` tells of it and not each command's help.
 */
export function addStoreOption(to: Commander, desk: Pick<CommandDesk, "err">, store: (address: string) => void): void {
  for (const member of to.commands) addStoreOption(member, desk, store);
  if (to.options.some(({ long }) => long === "--store")) return;
  to.addOption(new Option("--store <address>", "ledger and queue in this PostgreSQL database").hideHelp());
  to.hook("preAction", (_, acting) => {
    const { store: address } = acting.opts<{ store?: string }>();
    if (address === undefined || acting !== to) return;
    if (WITH_PASSWORD.test(address))
      desk.err(
        "claw: a password on the command line can be read by everybody on this machine\n  name the address in store: of config.yaml, or set PGPASSWORD",
      );
    store(address);
  });
}
