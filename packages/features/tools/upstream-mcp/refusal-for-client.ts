import { MeshError } from '@devmesh/foundation';
import { MissingRequiredClientCapabilityError, type ProtocolError } from '@modelcontextprotocol/client';
import type { SourceCall } from '../calling/source.ts';
import { isObject } from '../reading/json-value.ts';
import { cleanText } from './clean-text.ts';
import { invalidParams, upstreamFailure } from './failure.ts';
import { scrubAll } from './present-result.ts';
import type { UpstreamTarget } from './target.ts';

/** What a server's refusal of a call is where the client has to act on it, not the model; undefined for all others. */
export function refusalForClient(
  error: ProtocolError,
  call: SourceCall,
  target: Pick<UpstreamTarget, 'service' | 'credentials'>,
): MeshError | undefined {
  if (error instanceof MissingRequiredClientCapabilityError) return upstreamFailure(error, target.service);
  if (error.code === invalidParams && call.input?.requestState !== undefined) return stateRefusal(error, target);
  return error.code === addressesFirst ? addressesToOpen(error, call, target) : undefined;
}

/** Nothing that a model could repair: it is the client that keeps the state. */
function stateRefusal({ message: said }: ProtocolError, { service }: Pick<UpstreamTarget, 'service'>): MeshError {
  const message = `was refused: ${cleanText(said, 500)}`;
  return new MeshError('invalid_request', `${service} does not go on with this call.`, {
    issues: [{ path: 'input.requestState', message }],
  });
}

/** What MCP 2025-11-25 has for a person who must open addresses first. */
const addressesFirst = -32_042;
const mostAddresses = 20;
const longestAddress = 2_000;

/** Only for clients that said that they can show addresses to a person; the model of any other reads the refusal. */
function addressesToOpen(
  { message, data }: ProtocolError,
  { exchange }: SourceCall,
  { service, credentials }: Pick<UpstreamTarget, 'service' | 'credentials'>,
): MeshError | undefined {
  if (exchange?.declared.elicitation?.url === undefined || !isObject(data)) return undefined;
  const { elicitations: asked } = data;
  const traces = credentials.traces();
  const elicitations = (Array.isArray(asked) ? asked : []).slice(0, mostAddresses).flatMap((one: unknown) => {
    const { url, elicitationId, message: why } = isObject(one) ? one : {};
    if (typeof url !== 'string' || !isAddress(url) || scrubAll(url, traces) !== url) return [];
    const id = typeof elicitationId === 'string' ? { elicitationId: elicitationId.slice(0, 256) } : {};
    const text = scrubAll(typeof why === 'string' ? cleanText(why, 1_000) : '', traces);
    return [{ mode: 'url', ...id, url, message: text }];
  });
  if (elicitations.length === 0) return undefined;
  const sentence = `${service} wants a person to open an address first: ${cleanText(message, 500)}`;
  return new MeshError('url_elicitation_required', sentence, { data: { elicitations } });
}

function isAddress(url: string): boolean {
  return url.length <= longestAddress && URL.canParse(url) && /^https?:$/u.test(new URL(url).protocol);
}
