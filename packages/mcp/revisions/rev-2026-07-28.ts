import { rev20250618 } from './rev-2025-06-18.ts';
import type { Revision } from './revision.ts';

/** MCP 2026-07-28: no sessions; each request says its version and what its client can do. */
export const rev20260728: Revision = {
  ...rev20250618,
  version: '2026-07-28',
  methods: new Set([
    'server/discover',
    'subscriptions/listen',
    'tools/list',
    'tools/call',
    'resources/list',
    'resources/read',
    'resources/templates/list',
    'prompts/list',
    'prompts/get',
    'completion/complete',
  ]),
  notFoundCodes: new Map([
    ['resources/read', -32602],
    ['tools/call', -32602],
    ['prompts/get', -32602],
    ['completion/complete', -32602],
  ]),
  primesStreams: false,
};

/** The keys of `_meta` that the revision gives a meaning. */
export const metaKeys = {
  protocolVersion: 'io.modelcontextprotocol/protocolVersion',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  logLevel: 'io.modelcontextprotocol/logLevel',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
} as const;
