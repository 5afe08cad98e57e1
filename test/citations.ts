/** One mention of a requirement by a test. */
export interface Citation {
  readonly id: string;
  readonly file: string;
}

// At the end of a title, before its quote: 'opens only for its tenant [vault.sealed, tenancy.no-foreign-rows]'.
const cited = / \[([a-z][a-z-]*\.[a-z0-9-]+(?:, [a-z][a-z-]*\.[a-z0-9-]+)*)\](?=['"`])/g;

/** The ids that the titles of a test file cite. */
export function citationsOf(file: string, text: string): readonly Citation[] {
  const ids = [...text.matchAll(cited)].flatMap(([, list = '']) => list.split(', '));
  return ids.map((id) => ({ id, file }));
}

/** Tests that are switched off or run alone: nothing may be proved by them. */
export function switchedOff(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:it|test|describe)\.(?:skip|todo|only|fails)\(/g)].map(([found]) => found);
}
