/** How claw shows a forge who it is. Looked up at the moment of use, never stored. */
export type Credential =
  | { readonly kind: "tokens"; readonly read: string; readonly write: string }
  | {
      readonly kind: "app";
      readonly id: number;
      /** PEM text. */
      readonly key: string;
      /** The one that has the repository when it is not given. */
      readonly installation?: number;
    };

/** What a token is asked for. A GitHub App's token is given just that and no more. */
export type Need = "read" | "ci" | "push" | "pull-request" | "comment" | "check";
