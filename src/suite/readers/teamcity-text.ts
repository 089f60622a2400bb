import { failure } from "../explain.ts";
import type { Dialect } from "./dialect.ts";

const message = /^\s*##teamcity\[(\w+) (.*)\]\s*$/;
const attribute = /(\w+)='((?:[^'|]|\|.)*)'/g;
const escapes: Readonly<Record<string, string>> = { n: "\n", r: "", x: "\u0085", l: "\u2028", p: "\u2029" };

/** "|n" and the like in their place. https://www.jetbrains.com/help/teamcity/service-messages.html#Escaped+Values */
const plain = (text: string): string =>
  text.replace(/\|0x([\da-fA-F]{4})|\|(.)/g, (_, code: string | undefined, mark: string) =>
    code === undefined ? (escapes[mark] ?? mark) : String.fromCharCode(Number.parseInt(code, 16)),
  );

/** TeamCity's service messages, which runners of many languages print. */
export const teamcityText: Dialect = {
  name: "teamcity",
  open(sink) {
    const suites: string[] = [];
    let failed = "";
    return {
      line(text, offset) {
        if (!text.includes("##teamcity[")) return;
        const [, what = "", rest = ""] = message.exec(text) ?? [];
        const said = new Map([...rest.matchAll(attribute)].map(([, name = "", value = ""]) => [name, plain(value)]));
        const name = said.get("name") ?? "";
        if (what === "testSuiteStarted") suites.push(name);
        if (what === "testSuiteFinished") suites.pop();
        if (what === "testIgnored") sink.tally({ skipped: 1 });
        if (what === "testFinished") sink.tally(failed === name ? { failed: 1 } : { passed: 1 });
        if (what !== "testFailed") return;
        failed = name;
        const titles = [...suites.slice(-1), name];
        const told = [said.get("message") ?? "", said.get("details") ?? ""].filter((part) => part !== "").join("\n");
        sink.found(
          failure({
            format: "teamcity",
            suite: suites.at(-1) ?? null,
            titles,
            offset,
            text: told || "failed",
            message: said.get("message") || null,
            expected: said.get("expected") ?? null,
            actual: said.get("actual") ?? null,
            excerpt: text.slice(0, 4000),
          } as Parameters<typeof failure>[0]),
        );
      },
      end() {},
    };
  },
};
