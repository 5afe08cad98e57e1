import { isSafeMethod, type ToolAnnotations } from '../reading/annotations.ts';
import type { Binding } from '../calling/binding.ts';
import type { Effect } from './upstreams.ts';

interface Effectful {
  readonly method: string;
  readonly annotations: ToolAnnotations;
  readonly binding: Binding;
}

/** Headers that make another request of the same one, or ask for a part of its answer. */
const ownConditions = /^(?:if-.*|range|cache-control|pragma)$/iu;

/** What sending a call does, by its method, what its tool says of itself, and whether the service knows a repeated request by its key. */
export function effectOf({ method, annotations, binding }: Effectful): Effect {
  if (annotations.readOnlyHint && isSafeMethod(method)) return 'read';
  if (annotations.readOnlyHint || annotations.idempotentHint) return 'repeatable';
  return idempotencyArgument(binding) === undefined ? 'once' : 'repeatable';
}

/** Whether the answer of a read may be shared: methods without a body, and no conditions of the caller's own. */
export function isShareable({
  method,
  headers,
}: {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}): boolean {
  return (method === 'GET' || method === 'HEAD') && !Object.keys(headers).some((name) => ownConditions.test(name));
}

/** The header of draft-ietf-httpapi-idempotency-key, as it is and as it was named before. */
const keyHeader = /^(?:x-)?idempotency-key$/iu;

/** The argument by which the service knows a repeated request, where its document declares one. */
function idempotencyArgument({ parameters }: Binding): string | undefined {
  return parameters.find((parameter) => parameter.in === 'header' && keyHeader.test(parameter.name))?.argument;
}

/** The arguments, with a key of their own where the tool takes one and the caller gave none. */
export function withIdempotencyKey(
  { source, binding }: { readonly source: 'openapi' | 'mcp'; readonly binding: Binding },
  values: Readonly<Record<string, unknown>>,
  newId: () => string,
): Readonly<Record<string, unknown>> {
  const argument = source === 'openapi' ? idempotencyArgument(binding) : undefined;
  if (argument === undefined || Object.hasOwn(values, argument)) return values;
  return { ...values, [argument]: newId() };
}
