import type { Named } from './tool-names.ts';

/** The words of an operation: its id where it has a usable one, else what its method and path say. Never empty. */
export function wordsOfOperation({ operationId, method, path }: Named): string {
  const fromId = clean(withoutPath(operationId ?? '', method, path));
  return fromId === '' ? wordsOfPath(method, path) : fromId;
}

/** Some frameworks append path and method to the name of the function; the function's name says it shorter. */
function withoutPath(id: string, method: string, path: string): string {
  const tail = `${path.replaceAll(/\W/gu, '_')}_${method.toLowerCase()}`;
  return id.length > tail.length && id.toLowerCase().endsWith(tail.toLowerCase()) ? id.slice(0, -tail.length) : id;
}

function clean(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{Mn}+/gu, '')
    .replaceAll(/[^a-zA-Z0-9_-]+/gu, '_')
    .replaceAll(/_{2,}/gu, '_')
    .replaceAll(/^[_-]+|[_-]+$/gu, '');
}

const longestWords = 39;

/** `get_users_by_id_repos` for GET /api/v1/users/{id}/repos; a path too long for a name loses its parameters, then its beginning. */
function wordsOfPath(method: string, path: string): string {
  const segments = path
    .split(/[/?#]/u)
    .map(wordsOfSegment)
    .filter(({ text }) => text !== '')
    .filter(({ text }, index) => index > 1 || !/^(?:api|rest|v1)$/u.test(text));
  const verb = clean(method.toLowerCase());
  const join = (parts: readonly Segment[]): string => [verb, ...parts.map(({ text }) => text)].join('_');
  const whole = join(segments);
  if (whole.length <= longestWords) return whole;
  return join(shortened(segments));
}

interface Segment {
  readonly text: string;
  readonly parameter: boolean;
}

function wordsOfSegment(segment: string): Segment {
  const name = /^\{([^{}]+)\}$/u.exec(segment)?.[1];
  if (name === undefined) return { text: clean(segment.replaceAll(/[{}]/gu, '_')), parameter: false };
  const text = clean(name);
  return { text: text === '' ? '' : `by_${text}`, parameter: true };
}

/** Parameters go but the last, which often tells one thing from a list of them. */
function shortened(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter(({ parameter }, index) => !parameter || index === segments.length - 1);
}
