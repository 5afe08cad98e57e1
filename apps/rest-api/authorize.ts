import type { Operation } from '@devmesh/api';
import type { Policy, Principal } from '@devmesh/features';
import type { ParsedRequest } from './validation.ts';

interface AuthorizeOptions {
  readonly policy: Policy;
}

/**
 * Lets a principal pass to an operation, or puts the denial on record and throws `forbidden`: asked before the request is
 * read, and again with what it says.
 */
export function authorize(
  { policy }: AuthorizeOptions,
  operation: Operation,
  { principal, parsed }: { readonly principal: Principal; readonly parsed?: ParsedRequest },
): Promise<void> {
  const question = { resource: { kind: 'operation', operation } } as const;
  const guarded = { action: operation.id, subject: operation.path };
  if (parsed === undefined) return policy.guard(principal, question, guarded);
  return policy.guard(principal, { ...question, arguments: argumentsOf(parsed) }, guarded);
}

/** Fields of the path, the query and the body side by side, as MCP clients give them; the path wins where names are the same. */
function argumentsOf({ params, query, body }: ParsedRequest): Readonly<Record<string, unknown>> {
  const fields = typeof body === 'object' && body !== null ? body : {};
  return { ...fields, ...(query as object | undefined), ...(params as object | undefined) };
}
