/**
 * The same function, remembering its latest `limit` answers by the text of its arguments. For questions about objects that
 * are named by what is in them: such an answer never changes. A failed answer is asked for again.
 */
export function remembering<A extends readonly string[], R>(
  limit: number,
  ask: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  const answers = new Map<string, Promise<R>>();
  return (...args) => {
    const key = args.join("\0");
    const answer = answers.get(key) ?? ask(...args);
    answers.delete(key);
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    const [oldest] = answers.keys();
    if (answers.size > limit && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}
