/** An object of a document that nobody has checked. */
export type Loose = Readonly<Record<string, unknown>>;

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one where there is none. */
export function recordOf(value: unknown): Loose {
  return isRecord(value) ? value : {};
}

/** The list, or an empty one where there is none. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The strings of a list. */
export function stringsOf(value: unknown): readonly string[] {
  return arrayOf(value).filter((item) => typeof item === 'string');
}

/** A member of its own, never one that every object inherits. */
export function member(holder: Loose, name: string): unknown {
  return Object.hasOwn(holder, name) ? holder[name] : undefined;
}

/** The string, or undefined where it is something else. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
