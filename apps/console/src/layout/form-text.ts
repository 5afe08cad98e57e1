/** The trimmed text of a form's field; empty where it was left blank. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** The trimmed text of a field, or nothing where it was left blank. */
export function optionalTextOf(form: FormData, name: string): string | undefined {
  const text = textOf(form, name);
  return text === '' ? undefined : text;
}

/** Comma- or space-separated words, each once. */
export function wordsOf(form: FormData, name: string): string[] {
  return [...new Set(textOf(form, name).split(/[\s,]+/u))].filter((word) => word !== '');
}
