import type { ToolResource } from '../../policy/index.ts';
import type { OfferingKinds } from './store-offerings.ts';

/** A server's resources or prompts as decisions see them: a tool of the service that only reads, named after what they are. */
export function offeringResource(
  { service, baseUrl }: { readonly service: string; readonly baseUrl: string },
  kind: keyof OfferingKinds,
): ToolResource {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : '';
  const name = kind === 'prompts' ? `${service}_prompts` : `${service}_resources`;
  return { kind: 'tool', name, service, tags: [], effect: 'read', method: 'MCP', host };
}
