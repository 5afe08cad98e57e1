import { isObject, objectOf, textOf, type Loose } from './json-value.ts';
import { isJson, isRange } from './media-types.ts';
import type { References } from './references.ts';

/** What an operation answers when it succeeds. */
export interface ApiAnswer {
  readonly description: string | undefined;
  /** The schemas of its JSON answers, unconverted, where each answer of success is one; empty otherwise. */
  readonly schemas: readonly unknown[];
  /** The media types of its answers, as far as they are declared. */
  readonly mediaTypes: readonly string[];
}

/** The answers of success of an operation. */
export function readAnswer(references: References, operation: Loose): ApiAnswer {
  const responses = successes(objectOf(operation['responses']))
    .map((response) => references.object(response))
    .filter((response) => response !== undefined);
  const contents = responses.map((response) => contentOf(references, response));
  const schemas = contents.map(({ schema }) => schema);
  return {
    description: responses.map((response) => textOf(response['description'])).find((text) => text !== undefined),
    schemas: schemas.every((schema) => schema !== undefined) ? schemas : [],
    mediaTypes: [...new Set(contents.flatMap(({ mediaTypes }) => mediaTypes))],
  };
}

/** Those of 2xx, in order of their codes; the default one only where there is no other. */
function successes(responses: Loose): readonly unknown[] {
  const codes = Object.keys(responses).filter((code) => /^2(?:\d\d|XX)$/iu.test(code));
  if (codes.length > 0) return codes.toSorted().map((code) => responses[code]);
  const others = Object.keys(responses).some((code) => /^[13-5]/u.test(code));
  return isObject(responses['default']) && !others ? [responses['default']] : [];
}

interface Content {
  readonly schema: unknown;
  readonly mediaTypes: readonly string[];
}

function contentOf(references: References, response: Loose): Content {
  // Swagger 2.0 has the schema here and the media types elsewhere.
  if (isObject(response['schema'])) return { schema: response['schema'], mediaTypes: [] };
  const content = objectOf(response['content']);
  const mediaTypes = Object.keys(content);
  const json = mediaTypes.find(isJson) ?? mediaTypes.find(isRange);
  const media = json === undefined ? undefined : references.object(content[json]);
  return { schema: media?.['schema'], mediaTypes };
}
