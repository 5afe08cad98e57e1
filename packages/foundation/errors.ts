import { redactSecrets } from './redaction.ts';

/** One row of the error table: how a failure looks to machines, and what a person does about it. */
interface ErrorEntry {
  /** HTTP status (RFC 9110). */
  readonly status: number;
  /** JSON-RPC 2.0 code. MCP 2026-07-28 wants codes of one's own outside of -32768..-32000. */
  readonly rpc: number;
  /** Short title for `application/problem+json` (RFC 9457). */
  readonly title: string;
  /** A sentence that tells the reader what to do next. */
  readonly next: string;
}

/** Every failure the product can report. docs/errors.md lists exactly these. */
export const errorTable = {
  invalid_request: {
    status: 400,
    rpc: -32602,
    title: 'The request is not valid',
    next: 'Correct the fields named in `issues` and send it again.',
  },
  malformed_message: {
    status: 400,
    rpc: -32700,
    title: 'The message is not valid JSON or JSON-RPC',
    next: 'Send one JSON-RPC 2.0 object encoded as UTF-8 JSON.',
  },
  invalid_message: {
    status: 400,
    rpc: -32600,
    title: 'The JSON is not one JSON-RPC 2.0 message',
    next: 'Send one object with `jsonrpc`, `method` and, for a request, an `id` that is a string or an integer.',
  },
  method_not_found: {
    status: 404,
    rpc: -32601,
    title: 'The method does not exist',
    next: 'Use a method of the negotiated MCP revision.',
  },
  unsupported_protocol: {
    status: 400,
    rpc: -32022,
    title: 'The protocol version or sub-protocol is not supported',
    next: 'Use one of the versions named in the message.',
  },
  header_mismatch: {
    status: 400,
    rpc: -32020,
    title: 'A header of the request does not say what its body says',
    next: 'Send MCP-Protocol-Version, Mcp-Method and Mcp-Name with the values that the body has.',
  },
  capability_missing: {
    status: 400,
    rpc: -32021,
    title: 'The client did not declare a capability that this needs',
    next: 'Declare the capabilities named in `requiredCapabilities` if the client has them, or do without this call.',
  },
  unauthenticated: {
    status: 401,
    rpc: -31001,
    title: 'No valid credential was given',
    next: 'Send `Authorization: Bearer <key>` with a key that is neither revoked nor expired.',
  },
  forbidden: {
    status: 403,
    rpc: -31003,
    title: 'The credential does not allow this',
    next: 'Use a key with the scope named in the message, or ask an admin for one.',
  },
  registration_closed: {
    status: 403,
    rpc: -31003,
    title: 'Organizations cannot be registered over the network here',
    next: 'Ask the operator for a key, or to start the server with REGISTRATION=open.',
  },
  wrong_host: {
    status: 421,
    rpc: -31003,
    title: 'The server does not answer for that host name',
    next: 'Use the address that it is published under, or have the operator add the name to ALLOWED_HOSTS.',
  },
  not_found: {
    status: 404,
    rpc: -31004,
    title: 'There is no such thing here',
    next: 'Check the identifier; the matching list operation shows what exists.',
  },
  session_gone: {
    status: 410,
    rpc: -31032,
    title: 'There is no such session to resume',
    next: 'Begin anew: connect without the token, and send `initialize`.',
  },
  conflict: {
    status: 409,
    rpc: -31009,
    title: 'It conflicts with what already exists',
    next: 'Choose another name, or change the existing one.',
  },
  stale_fence: {
    status: 409,
    rpc: -31010,
    title: 'The lease on this work has passed to another owner',
    next: 'Stop working on it; read the task to see who owns it now.',
  },
  invalid_state: {
    status: 409,
    rpc: -31011,
    title: 'Its present state does not allow this',
    next: 'Read it again and act on its present state.',
  },
  idempotency_mismatch: {
    status: 422,
    rpc: -31012,
    title: 'The idempotency key was used for another request',
    next: 'Use a new Idempotency-Key for a new request.',
  },
  too_large: {
    status: 413,
    rpc: -31013,
    title: 'It is larger than the limit',
    next: 'Send less at once; the message names the limit.',
  },
  not_acceptable: {
    status: 406,
    rpc: -31016,
    title: 'No offered content type is acceptable to the client',
    next: 'Send an Accept header with one of the types named in the message.',
  },
  unsupported_media_type: {
    status: 415,
    rpc: -31014,
    title: 'The content type is not supported',
    next: 'Send `Content-Type: application/json`.',
  },
  method_not_allowed: {
    status: 405,
    rpc: -32601,
    title: 'The path does not answer this method',
    next: 'See /openapi.json for the methods of each path.',
  },
  rate_limited: {
    status: 429,
    rpc: -31029,
    title: 'Too many requests',
    next: 'Wait for the seconds given in Retry-After.',
  },
  bad_signature: {
    status: 401,
    rpc: -31001,
    title: 'The signature does not match the body',
    next: 'Check that the sender uses the secret of this webhook source and signs the raw body.',
  },
  broken_document: {
    status: 422,
    rpc: -31015,
    title: 'The OpenAPI document cannot be used',
    next: 'Mend what the message names and import it again; nothing was stored.',
  },
  upstream_unreachable: {
    status: 502,
    rpc: -31020,
    title: 'The other server could not be reached',
    next: 'Check the address and that the server runs, then try again.',
  },
  upstream_failed: {
    status: 502,
    rpc: -31021,
    title: 'The other server answered with an error',
    next: 'Read its status and message, correct the arguments or its credential, and try again.',
  },
  upstream_timeout: {
    status: 504,
    rpc: -31022,
    title: 'The other server did not answer in time',
    next: 'Try again later, or ask for less.',
  },
  address_refused: {
    status: 403,
    rpc: -31023,
    title: 'The address is not allowed',
    next: 'Use a public address, or let the operator add the host to OUTBOUND_ALLOW_HOSTS or ORGANIZATION_ALLOW_HOSTS.',
  },
  consent_required: {
    status: 403,
    rpc: -31025,
    title: 'The service wants the consent of a person first',
    next: 'Let that person open the address that POST /api/v1/connections answers, then try again.',
  },
  url_elicitation_required: {
    status: 403,
    rpc: -32042,
    title: 'A person has to open an address of the service first',
    next: 'Let the person open the addresses in `elicitations`, then try again.',
  },
  credential_missing: {
    status: 403,
    rpc: -31026,
    title: 'The service wants a credential that is not set',
    next: 'Set it for the slot named in the message, with PUT /api/v1/tools/{toolId}/credential or /credential/mine.',
  },
  not_indexed: {
    status: 409,
    rpc: -31024,
    title: 'The repository is not indexed yet',
    next: 'Wait until its status is `ready`, or start indexing it.',
  },
  wrong_secret: {
    status: 500,
    rpc: -32603,
    title: 'A stored secret cannot be opened with the present master key',
    next: 'Start with the MASTER_KEY it was stored under, or enter the credential again.',
  },
  invalid_config: {
    status: 500,
    rpc: -32603,
    title: 'The configuration is not valid',
    next: 'Correct the variables listed in the message and start again.',
  },
  folder_in_use: {
    status: 500,
    rpc: -32603,
    title: 'Another process uses this data folder',
    next: 'Stop the other process, or choose another DATA_DIR.',
  },
  port_in_use: {
    status: 500,
    rpc: -32603,
    title: 'The port is already in use',
    next: 'Stop the program that uses it, or choose another port.',
  },
  migration_mismatch: {
    status: 500,
    rpc: -32603,
    title: 'The migrations do not match what the database has',
    next: 'Restore the migration files of the version that was applied; never edit an applied one.',
  },
  disk_full: {
    status: 507,
    rpc: -31030,
    title: 'There is no space left to store this',
    next: 'Free some disk space; nothing was half-written, so it is safe to send it again.',
  },
  unavailable: {
    status: 503,
    rpc: -31031,
    title: 'A part that this needs is not available now',
    next: 'Try again after the seconds in Retry-After; /health tells which part is down.',
  },
  internal: {
    status: 500,
    rpc: -32603,
    title: 'Something failed on our side',
    next: 'Try again; if it stays, report the trace id to the operator.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** A code of the error table. */
export type ErrorCode = keyof typeof errorTable;

/** One wrong field of a request. `path` is a JSON Pointer-like dotted path. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** The limit that refused a request: at most `limit` in `windowSeconds` for that subject. */
export interface RefusingLimit {
  readonly scope: string;
  readonly subject: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What denied a request: a reason of the closed set, and the rule by its name. */
export interface Denial {
  readonly reason: string;
  readonly rule: string;
}

interface MeshErrorOptions {
  readonly cause?: unknown;
  readonly issues?: readonly Issue[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** With `rate_limited`. */
  readonly limit?: RefusingLimit;
  /** With `forbidden`. */
  readonly denial?: Denial;
  /** What a protocol wants told beside the sentence. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The only error that crosses a boundary of the product: a code of the table and a sentence safe to show. */
export class MeshError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly retryAfterSeconds: number | undefined;
  readonly limit: RefusingLimit | undefined;
  readonly denial: Denial | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, options: MeshErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MeshError';
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.limit = options.limit;
    this.denial = options.denial;
    this.data = options.data ?? {};
  }
}

const noSpace = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** Turns anything thrown into a MeshError; unknown failures become `internal` without leaking their message. */
export function toMeshError(error: unknown): MeshError {
  if (error instanceof MeshError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && noSpace.has(code)) {
    return new MeshError('disk_full', 'The disk is full, so nothing was stored.', { cause: error });
  }
  return new MeshError('internal', 'An unexpected failure stopped this request.', { cause: error });
}

/** `application/problem+json` (RFC 9457) as the REST API answers it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly next: string;
  readonly issues?: readonly Issue[];
  readonly limit?: RefusingLimit;
  readonly denial?: Denial;
  /** What a protocol wants told beside the sentence. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly traceId?: string;
}

/** The problem document of an error; `traceId` lets an operator find the request. */
export function toProblem(error: MeshError, traceId?: string): Problem {
  const entry = errorTable[error.code];
  return {
    type: `urn:devmesh:error:${error.code}`,
    title: entry.title,
    status: entry.status,
    code: error.code,
    detail: redactSecrets(error.message),
    next: entry.next,
    ...(error.issues.length > 0 ? { issues: error.issues.map(redactedIssue) } : {}),
    ...(error.limit === undefined ? {} : { limit: error.limit }),
    ...(error.denial === undefined ? {} : { denial: error.denial }),
    ...(Object.keys(error.data).length === 0 ? {} : { data: error.data }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

function redactedIssue({ path, message }: Issue): Issue {
  return { path: redactSecrets(path), message: redactSecrets(message) };
}

/** Whether a value is a code of the table (for answers that came over the wire). */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}
