import { MeshError } from '@devmesh/foundation';
import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
} from 'oauth4webapi';
import type { Quirks } from './presets/preset.ts';

interface FailureContext {
  /** How people call the provider. */
  readonly title: string;
  readonly quirks: Quirks;
}

const ourClient = new Set(['invalid_client', 'incorrect_client_credentials', 'bad_client_secret', 'invalid_client_id']);

/**
 * What a failed request to an authorization server means for the product. What the server said beyond its code is left out,
 * as it may repeat a token; so is the library's error, which holds the whole answer.
 */
export function providerFailure(error: unknown, { title, quirks }: FailureContext): unknown {
  if (error instanceof AuthorizationResponseError) return declined(title, error.error);
  if (error instanceof ResponseBodyError) return refused({ title, quirks }, error);
  if (error instanceof OperationProcessingError || error instanceof UnsupportedOperationError) {
    return new MeshError('upstream_failed', `${title} gave an answer that does not follow the standard.`);
  }
  // The library says so of arguments that the server's metadata made unusable; its text may hold them.
  if (error instanceof TypeError) return new MeshError('upstream_failed', `${title} cannot be asked that way.`);
  return error;
}

function declined(title: string, code: string): MeshError {
  if (code === 'access_denied') return new MeshError('forbidden', `The consent was declined at ${title}.`);
  return new MeshError('upstream_failed', `${title} refused to ask for consent (${shown(code)}).`);
}

function refused({ title, quirks }: FailureContext, { error: code, status }: ResponseBodyError): MeshError {
  if (status === 429 || status >= 500) {
    return new MeshError('upstream_failed', `${title} answered ${String(status)} (${shown(code)}).`);
  }
  if (code === 'invalid_grant' || quirks.lostGrants?.includes(code) === true) {
    return new MeshError('consent_required', `${title} does not know the consent any more (${shown(code)}).`);
  }
  if (ourClient.has(code)) {
    return new MeshError('upstream_failed', `${title} refuses our client id or its secret (${shown(code)}).`);
  }
  return new MeshError('upstream_failed', `${title} refused the request (${shown(code)}).`);
}

/** Codes are short words; anything else could be something that must not be shown. */
function shown(code: string): string {
  return /^[a-z][a-z_]{0,63}$/u.test(code) ? code : 'no known code';
}
