import { randomUUID } from "node:crypto";
import { request } from "node:http";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

interface Urls {
  /** With DATABASE in the place of a name. */
  readonly socket: string;
  readonly loopback: string;
}

/** Where the PostgreSQL of this test run is; it starts with the first question. */
async function urls(): Promise<Urls> {
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath: inject("postgres"), path: "/" }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    asked.on("error", reject).end();
  });
  return JSON.parse(answer) as Urls;
}

/** The name of a new database with something in it, which others are copied from until the test run ends. */
export async function templateDatabase(fill: (address: string) => Promise<void>): Promise<string> {
  const { socket } = await urls();
  const name = `template_${randomUUID().replaceAll("-", "")}`;
  await asked(socket.replace("DATABASE", "postgres"), `CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
  await fill(socket.replace("DATABASE", name));
  return name;
}

/** The address of a new database, empty unless it is the copy of another, which goes when the test ends. `make` says more about it, as CREATE DATABASE does. */
export async function freshDatabase({
  make = "",
  over = "socket" as keyof Urls,
  template = "template0",
} = {}): Promise<string> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const addresses = await urls();
  const admin = addresses.socket.replace("DATABASE", "postgres");
  await asked(admin, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy ${make}`);
  onTestFinished(() => asked(admin, `DROP DATABASE ${name} WITH (FORCE)`));
  return addresses[over].replace("DATABASE", name);
}

/** Runs SQL past claw, as somebody who has the database can. */
export async function asked(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
