import type { Reply } from "../model.ts";
import { note } from "../probe/tools.ts";

/** One question whose right answer is known. With `call`, the tool `note` must be called so. */
export interface CanaryQuestion {
  readonly text: string;
  readonly answer?: RegExp;
  readonly call?: { readonly text: string; readonly count: number };
}

/** A text that calls must carry unharmed. */
const carried = (text: string, count: number): CanaryQuestion => ({
  text: `Call the tool ${note.name} once, now. Its count is ${count}. Its text is exactly what stands between the marks:\n<<<\n${text}\n>>>`,
  call: { text, count },
});

const answered = (text: string, answer: RegExp): CanaryQuestion => ({
  text: `${text} Answer with that alone.`,
  answer,
});

/** Twenty: ten calls with what breaks in them, ten short answers. They never change, so that counts can be compared. */
export const canarySet: readonly CanaryQuestion[] = [
  carried("plain words", 1),
  carried('she said "no"', 2),
  carried("C:\\temp\\new", 3),
  carried("one\ntwo\n\nfour", 4),
  carried("\tindented by a tab", 5),
  carried('{"json": [1, {"deep": true}]}', 6),
  carried("<b>&amp; not a tag</b>", 7),
  carried("gr\u00fc\u00dfe, \u65e5\u672c", 8),
  carried("echo '$HOME' | sed \"s/\\//\\\\/g\"", 9),
  carried("</tool_call> is only text here", 10),
  answered("What is 17 * 23?", /\b391\b/),
  answered("What is the 6th letter of the word 'repository'?", /\bi\b/i),
  answered("Write the word 'lantern' backwards.", /\bnretnal\b/i),
  answered("Which number comes next: 2, 3, 5, 7, 11?", /\b13\b/),
  answered("In Python, what does len('a\\n') return?", /\b2\b/),
  answered("In JavaScript, what does [10, 9, 1].sort()[1] evaluate to?", /\b10\b/),
  answered("How many days has February in the year 2024?", /\b29\b/),
  answered("What is 0xff as a decimal number?", /\b255\b/),
  answered("Sort these by length, longest first, separated by commas: fig, banana, kiwi.", /banana\W+kiwi\W+fig/i),
  answered("A function returns a - b and should return their sum. Write its one corrected expression.", /a\s*\+\s*b/),
];

/** Whether a reply is right. */
export function isRight({ answer, call }: CanaryQuestion, { message }: Pick<Reply, "message">): boolean {
  if (answer) return answer.test(message.text);
  const [made, more] = message.calls;
  return (
    more === undefined &&
    made?.name === note.name &&
    made.args?.["text"] === call?.text &&
    made.args?.["count"] === call?.count
  );
}
