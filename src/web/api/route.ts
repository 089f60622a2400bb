import type { z } from "zod";
import type { Recorded } from "../../ledger/events.ts";
import type { Result } from "../../reports/result.ts";
import type { Task, WantedTask, Pending } from "./shapes.ts";

/** What the API can do. Null: there is no such thing. */
export interface ApiHands {
  readonly claw: string;
  submit(task: WantedTask, by: string): Promise<Task & { readonly added: boolean }>;
  tasks(query: { readonly status?: Task["status"] | undefined; readonly limit: number }): Promise<readonly Task[]>;
  task(id: string): Promise<Task | null>;
  cancel(id: string, by: string, reason: string): Promise<Task | null>;
  runs(query: RunsWanted): Promise<readonly Result[]>;
  run(id: string): Promise<Result | null>;
  pending(run: string): Promise<Omit<z.infer<typeof Pending>, "version"> | null>;
  approve(
    run: string,
    decision: { readonly by: string; readonly diff: string; readonly days?: number | undefined },
  ): Promise<Decided | null>;
  reject(run: string, decision: { readonly by: string; readonly reason: string }): Promise<Decided | null>;
  /** A run's facts from number `from` on, and whether more may come. */
  events(run: string, from: number): Promise<{ readonly events: readonly Recorded[]; readonly more: boolean } | null>;
}

interface Decided {
  readonly run: string;
  readonly by: string;
  readonly diff: string;
}

interface RunsWanted {
  readonly outcome?: string | undefined;
  readonly workflow?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Who calls: a person whose token it is; null for anybody of this machine, where no token is needed. */
interface Caller {
  readonly person: string | null;
}

/** One thing the API does: what it takes, what it gives, and how. The document that describes it is made from the same. */
export interface Route {
  readonly method: "get" | "post";
  /** With the names of its parts as {name}. */
  readonly path: string;
  readonly about: string;
  readonly body?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer: z.ZodType;
  /** Of a success. */
  readonly status: 200 | 201;
  /** Only for a person with a token. */
  readonly decides: boolean;
  /** Gives what is sent, before `version: 1` is put to it; null: not found. */
  handle(asked: Asked, hands: ApiHands): Promise<object | null>;
}

/** A request that was found to be as it should. */
export interface Asked {
  readonly parts: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: unknown;
  readonly caller: Caller;
}
