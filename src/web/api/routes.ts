import { z } from "zod";
import { Result } from "../../reports/result.ts";
import type { Asked, ApiHands, Route } from "./route.ts";
import {
  Approval,
  Cancel,
  Decision,
  Health,
  Pending,
  Rejection,
  RunList,
  RunQuery,
  TaskAnswer,
  TaskList,
  TaskQuery,
  WantedTask,
} from "./shapes.ts";

/** Who is named where nobody has a token: somebody of this machine. */
const ANYBODY = "the API";

const nothing = z.unknown();

interface Spec<Body extends z.ZodType, Query extends z.ZodType> extends Omit<
  Route,
  "handle" | "body" | "query" | "status" | "decides"
> {
  readonly body?: Body;
  readonly query?: Query;
  readonly status?: 201;
  readonly decides?: true;
  readonly handle: (
    asked: Omit<Asked, "body" | "query"> & { readonly body: z.infer<Body>; readonly query: z.infer<Query> },
    hands: ApiHands,
  ) => Promise<object | null>;
}

/** Ties what a route takes to how it is handled. */
const route = <Body extends z.ZodType = typeof nothing, Query extends z.ZodType = typeof nothing>({
  handle,
  status = 200 as never,
  decides,
  ...rest
}: Spec<Body, Query>): Route => ({
  ...rest,
  status,
  decides: decides ?? false,
  handle: ({ body, query, ...asked }, hands) =>
    handle(
      {
        ...asked,
        body: (rest.body ?? nothing).parse(body) as z.infer<Body>,
        query: (rest.query ?? nothing).parse(query) as z.infer<Query>,
      },
      hands,
    ),
});

const id = ({ parts }: Pick<Asked, "parts">): string => parts["id"] ?? "";

/** Everything the API does, besides following a run and describing itself. */
export const routes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/health",
    about: "Says that it is there, and which claw it is",
    answer: Health,
    handle: (_, { claw }) => Promise.resolve({ claw }),
  }),
  route({
    method: "post",
    path: "/v1/tasks",
    about: "Adds a task; workers do it",
    body: WantedTask,
    answer: TaskAnswer,
    status: 201,
    handle: ({ body, caller }, hands) => hands.submit(body, caller.person ?? ANYBODY),
  }),
  route({
    method: "get",
    path: "/v1/tasks",
    about: "Lists tasks, the most urgent first",
    query: TaskQuery,
    answer: TaskList,
    handle: async ({ query }, hands) => ({ tasks: await hands.tasks(query) }),
  }),
  route({
    method: "get",
    path: "/v1/tasks/{id}",
    about: "Tells how a task stands, and its runs",
    answer: TaskAnswer.omit({ added: true }),
    handle: (asked, hands) => hands.task(id(asked)),
  }),
  route({
    method: "post",
    path: "/v1/tasks/{id}/cancel",
    about: "Closes a task: it is not begun any more, and what runs for it is stopped",
    body: Cancel,
    answer: TaskAnswer.omit({ added: true }),
    handle: (asked, hands) => hands.cancel(id(asked), asked.caller.person ?? ANYBODY, asked.body.reason),
  }),
  route({
    method: "get",
    path: "/v1/runs",
    about: "Lists runs, newest first",
    query: RunQuery,
    answer: RunList,
    handle: async ({ query }, hands) => ({ runs: await hands.runs(query) }),
  }),
  route({
    method: "get",
    path: "/v1/runs/{id}",
    about: "Tells what a run did, its proof and its cost",
    answer: Result,
    handle: (asked, hands) => hands.run(id(asked)),
  }),
  route({
    method: "get",
    path: "/v1/runs/{id}/pending",
    about: "Shows the change that a run waits for a decision about",
    answer: Pending,
    handle: (asked, hands) => hands.pending(id(asked)),
  }),
  route({
    method: "post",
    path: "/v1/runs/{id}/approve",
    about: "Allows a waiting run to go on with exactly this change, as the person whose token it is",
    body: Approval,
    answer: Decision,
    decides: true,
    handle: (asked, hands) => hands.approve(id(asked), { ...asked.body, by: asked.caller.person ?? "" }),
  }),
  route({
    method: "post",
    path: "/v1/runs/{id}/reject",
    about: "Ends a waiting run, as the person whose token it is",
    body: Rejection,
    answer: Decision,
    decides: true,
    handle: (asked, hands) => hands.reject(id(asked), { ...asked.body, by: asked.caller.person ?? "" }),
  }),
];
