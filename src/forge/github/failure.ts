import { OddReply } from "./replies.ts";

/** What octokit throws: an answer with a status, or no answer at all (status 500 and no response). */
export interface RequestFailure {
  readonly status: number;
  readonly message: string;
  readonly response?: {
    readonly headers: Readonly<Record<string, string | number | undefined>>;
    readonly data: unknown;
  };
}

export const isRequestFailure = (error: unknown): error is RequestFailure & Error =>
  error instanceof Error && typeof (error as { status?: unknown }).status === "number";

/** True when nobody knows whether a write was done: the answer was lost or says nothing, or the server failed while it worked. */
export const isInDoubt = (error: unknown): boolean =>
  error instanceof OddReply || (isRequestFailure(error) && error.status >= 500);
