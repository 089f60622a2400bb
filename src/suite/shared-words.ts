/** Words that say nothing of what a text is about. */
const empty: ReadonlySet<string> = new Set(
  (
    "the and for not but with when that this from into its are was has does test tests spec src lib should fail fails failed " +
    "failing fix bug error broken expected"
  ).split(" "),
);

/** Words of three letters or more, in one case, that are in both texts and say what these are about. */
export function sharedWords(one: string, two: string): readonly string[] {
  const known = wordsIn(one);
  return [...wordsIn(two)].filter((word) => known.has(word) && !empty.has(word));
}

const wordsIn = (text: string): ReadonlySet<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu));
