/** What `claw help <topic>` tells about besides commands. */
export const topicNames = ["outcomes", "manifest", "config", "sandbox", "budgets", "store"] as const;
export type Topic = (typeof topicNames)[number];

export const isTopic = (word: string | undefined): word is Topic => topicNames.some((name) => name === word);
