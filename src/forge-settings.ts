import { z } from "zod";
import { KeyReference } from "./key-reference.ts";

const HttpUrl = z.url({ protocol: /^https?$/, error: "give an address that begins with http:// or https://" });

/** A GitHub App: for each thing it does, claw asks for a token that can do just that, for an hour. */
const ForgeApp = z.strictObject({
  id: z.int().positive().meta({ description: "The App ID that its settings page shows." }),
  key: KeyReference.meta({ description: "Where its private key (PEM) is found." }),
  installation: z
    .int()
    .positive()
    .optional()
    .meta({ description: "By default the one that has the repository, which is asked for." }),
});

/** A forge that claw may talk to. A repository's remote chooses among these and can never add one. */
const ForgeHost = z
  .strictObject({
    api: HttpUrl.optional().meta({ description: "Address of the API; by default https://<host>/api/v3." }),
    web: HttpUrl.optional().meta({ description: "Where git and browsers go; by default https://<host>." }),
    token: KeyReference.optional().meta({
      description: "By default GITHUB_TOKEN, GH_TOKEN, or what `gh auth token` says.",
    }),
    write: KeyReference.optional().meta({
      description: "Another token for what changes something there; token then only reads.",
    }),
    app: ForgeApp.optional().meta({ description: "A GitHub App in place of tokens." }),
  })
  .refine(({ app, token, write }) => app === undefined || (token ?? write) === undefined, {
    error: "either an app or tokens",
  });
export type ForgeHost = z.infer<typeof ForgeHost>;

/** How commits are signed. A forge checks that the key is that of the account with this address. */
const Signing = z
  .strictObject({
    name: z.string().min(1).meta({ description: "The committer of signed commits." }),
    email: z.email().meta({ description: "Their address, as the forge knows it." }),
    ssh: z
      .string()
      .startsWith("/")
      .optional()
      .meta({ description: "File of an SSH key, or of its public half where an agent holds it." }),
    gpg: z.string().min(1).optional().meta({ description: "A key of gpg's, by its id or address." }),
  })
  .refine(({ ssh, gpg }) => (ssh === undefined) !== (gpg === undefined), { error: "either ssh or gpg" });

/** Where claw finds issues and publishes, and how much. */
export const ForgeSettings = z
  .strictObject({
    publish: z.boolean().default(true).meta({
      description: "May claw push branches below claw/, open draft pull requests and comment when it is asked to?",
    }),
    perDay: z
      .int()
      .min(0)
      .default(10)
      .meta({ description: "Most pull requests claw opens in a repository in 24 hours." }),
    maxOpen: z
      .int()
      .min(1)
      .default(20)
      .meta({ description: "Most pull requests of claw that are open in a repository at once." }),
    acceptance: z.number().min(0).max(1).default(0.2).meta({
      description:
        "The least share of claw's last 20 decided pull requests that people must have merged for it to open another; 0 asks for none.",
    }),
    labels: z.array(z.string().min(1).max(50)).default([]).meta({ description: "Put on each of its pull requests." }),
    signing: Signing.optional().meta({ description: "Sign the commits of proven fixes." }),
    forks: z
      .record(z.string(), z.string().regex(/^[\w.-]+\/[\w.-]+$/, { error: "give it like owner/repo" }))
      .default({})
      .meta({
        description:
          "Repositories that the token may not push to, as owner/repo (host/owner/repo elsewhere than github.com), and your own fork of each.",
      }),
    local: z.record(z.string().startsWith("/"), z.string().startsWith("/")).default({}).meta({
      description:
        "Repositories of this machine whose issues and pull requests are files beside a bare repository: the working tree's path, and the bare one's.",
    }),
    hosts: z.record(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/), ForgeHost).default({}),
  })
  .prefault({});
