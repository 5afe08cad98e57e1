import type { Violation } from './request/violation.ts';

const titles = {
  400: 'The request does not fit the document',
  401: 'The credential that the document asks for is missing',
  404: 'The document has no such thing',
  405: 'The document gives the path no such method',
  406: 'The document has no answer of that media type',
  501: 'This part of the document cannot be served',
} as const;

export type MismatchStatus = keyof typeof titles;

interface MismatchOptions {
  readonly errors?: readonly Violation[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The problem answer to a request that does not fit the document of a mock. */
export function mismatch(
  status: MismatchStatus,
  detail: string,
  { errors, headers = {} }: MismatchOptions = {},
): Response {
  const body = {
    type: 'about:blank',
    title: titles[status],
    status,
    detail,
    ...(errors === undefined ? {} : { errors }),
  };
  return Response.json(body, { status, headers: { ...headers, 'content-type': 'application/problem+json' } });
}
