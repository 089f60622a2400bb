import type { KeyReference } from "../key-reference.ts";
import type { NotifySettings } from "../notify-settings.ts";
import { type Desk, desktop } from "./desktop.ts";
import type { Channel } from "./notice.ts";
import { post } from "./post.ts";
import { forDiscord, forSlack, linesOf, titleOf } from "./words.ts";

/** Everything that a configuration names; this desktop where it names nothing. `find` looks a reference up. */
export function channelsOf(
  { desktop: onDesktop, webhook, slack, discord }: NotifySettings,
  desk: Desk,
  find: (reference: KeyReference) => Promise<string | undefined>,
): readonly Channel[] {
  const named: Channel[] = [
    ...(webhook ? [webhookTo(webhook, find)] : []),
    ...(slack ? [slackTo(() => find(slack.url))] : []),
    ...(discord ? [discordTo(() => find(discord.url))] : []),
  ];
  return onDesktop || named.length === 0 ? [desktop(desk), ...named] : named;
}

type Named = Parameters<typeof channelsOf>[2];

const webhookTo = ({ url, secret }: NonNullable<NotifySettings["webhook"]>, find: Named): Channel => ({
  name: "webhook",
  target: "notify.webhook",
  send: (notice, signal) => post(() => find(url), notice, { signal, secret: secret && (() => find(secret)) }),
});

const slackTo = (url: () => Promise<string | undefined>): Channel => ({
  name: "slack",
  target: "notify.slack",
  send(notice, signal) {
    const text = [`*${forSlack(titleOf(notice))}*`, ...linesOf(notice).map(forSlack)].join("\n");
    return post(url, { text, unfurl_links: false, unfurl_media: false }, { signal });
  },
});

const discordTo = (url: () => Promise<string | undefined>): Channel => ({
  name: "discord",
  target: "notify.discord",
  send(notice, signal) {
    const content = [`**${forDiscord(titleOf(notice))}**`, ...linesOf(notice).map(forDiscord)]
      .join("\n")
      .slice(0, DISCORD_LONGEST);
    return post(url, { content, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS }, { signal });
  },
});

/** Letters that a message may have: https://discord.com/developers/docs/resources/webhook#execute-webhook */
const DISCORD_LONGEST = 2000;
/** https://discord.com/developers/docs/resources/message#message-object-message-flags */
const SUPPRESS_EMBEDS = 4;
