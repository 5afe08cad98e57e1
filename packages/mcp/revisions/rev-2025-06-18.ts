import type { Offer, Revision } from './revision.ts';

/** MCP 2025-06-18: structured tool output, resource links, the version header; no batches. */
export const rev20250618: Revision = {
  version: '2025-06-18',
  methods: new Set([
    'initialize',
    'ping',
    'tools/list',
    'tools/call',
    'resources/list',
    'resources/read',
    'resources/templates/list',
    'resources/subscribe',
    'resources/unsubscribe',
    'prompts/list',
    'prompts/get',
    'completion/complete',
    'logging/setLevel',
  ]),
  notFoundCodes: new Map([
    ['resources/read', -32002],
    ['resources/subscribe', -32002],
    ['tools/call', -32602],
    ['prompts/get', -32602],
  ]),
  primesStreams: false,
  batches: false,
  capabilities,
};

function capabilities(offer: Offer): object {
  return {
    ...(offer.tools ? { tools: { listChanged: true } } : {}),
    ...(offer.resources ? { resources: { listChanged: true, subscribe: offer.resourceSubscriptions } } : {}),
    ...(offer.prompts ? { prompts: { listChanged: true } } : {}),
    ...(offer.completions ? { completions: {} } : {}),
    ...(offer.logging ? { logging: {} } : {}),
  };
}
