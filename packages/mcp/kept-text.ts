const texts = new WeakMap<object, string | undefined>();

/** Marks a result that is given many times: its text is made once. It must not change any more. */
export function keepText<Result extends object>(result: Result): Result {
  texts.set(result, undefined);
  return result;
}

/** Whether the text of a result is made once only. */
export function keepsText(result: object): boolean {
  return texts.has(result);
}

/** The JSON of a result. */
export function textOf(result: object): string {
  const kept = texts.get(result);
  if (kept !== undefined) return kept;
  const text = JSON.stringify(result);
  if (texts.has(result)) texts.set(result, text);
  return text;
}
