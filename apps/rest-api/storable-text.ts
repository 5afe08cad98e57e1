import type { Issue } from '@devmesh/foundation';

// Read with the u flag, a surrogate is only matched alone, never as half of a pair. PostgreSQL stores no such text.
const unstorable = /[\0\p{Surrogate}]/u;

/** The texts within a value that no database could store: with U+0000, or with half of a character. */
export function unstorableTexts(value: unknown, path: string): readonly Issue[] {
  if (typeof value === 'string') return unstorable.test(value) ? [issueAt(path)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    unstorable.test(name) ? [issueAt(path)] : unstorableTexts(part, `${path}.${name}`),
  );
}

function issueAt(path: string): Issue {
  return { path, message: 'must be well-formed Unicode text without U+0000' };
}
