import { HTTPException } from 'hono/http-exception';
import { z } from 'zod';

/** One wrong value of a request, by its dotted place (`body.title`). */
const problemError = z.strictObject({
  path: z.string().describe('Dotted place of the wrong value, such as `body.title` or `query.limit`.'),
  message: z.string().describe('What is wrong with it.'),
});

/** How every failure of this server is answered: `application/problem+json` (RFC 9457). */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('A URI reference that names the kind of problem.'),
    title: z.string().describe('The kind of problem in a few words.'),
    status: z.int().describe('The HTTP status, repeated.'),
    detail: z.string().describe('What happened this time, and what to do about it.'),
    errors: z.array(problemError).exactOptional().describe('The wrong values, when the request was not valid.'),
  })
  .describe('An error answer (RFC 9457).');

export type ProblemError = z.output<typeof problemError>;

const titles = {
  400: 'The body is not JSON',
  401: 'No valid credential was given',
  404: 'There is no such thing here',
  405: 'The path does not answer this method',
  409: 'The present state does not allow this',
  413: 'The body is too large',
  415: 'The content type is not supported',
  422: 'The request is not valid',
  500: 'Something failed on our side',
  502: 'The other server could not be reached',
  504: 'The other server did not answer in time',
} as const;

export type ProblemStatus = keyof typeof titles;

interface ProblemOptions {
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The problem answer for a status. */
export function problemResponse(status: ProblemStatus, detail: string, options: ProblemOptions = {}): Response {
  const body = {
    type: 'about:blank',
    title: titles[status],
    status,
    detail,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  };
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json', ...options.headers } });
}

/** A failure to throw; the server answers it as a problem. */
export function problem(status: ProblemStatus, detail: string, options: ProblemOptions = {}): HTTPException {
  return new HTTPException(status, { message: detail, res: problemResponse(status, detail, options) });
}

/** The 422 that names every wrong value at once. */
export function invalid(errors: readonly ProblemError[]): HTTPException {
  const places = errors.map((error) => error.path).join(', ');
  return problem(422, `Correct these values and send it again: ${places}.`, { errors });
}

/** The wrong values that zod found, with their places. */
export function problemErrors(error: z.ZodError): ProblemError[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.') || 'body', message: issue.message }));
}
