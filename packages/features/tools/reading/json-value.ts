/** An object of a document that nobody has checked yet. */
export type Loose = Readonly<Record<string, unknown>>;

/** Whether a value is an object that is neither null nor a list. */
export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one where it is something else. */
export function objectOf(value: unknown): Loose {
  return isObject(value) ? value : {};
}

/** The value as a list; an empty one where it is something else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value where it is text with something in it. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A text or a number as text, as authors of YAML mix them; empty where it is something else. */
export function scalarOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The own property of an object; undefined for what it merely inherits. */
export function own(value: Loose, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
