export { MeshError, toProblem, type Problem } from '@devmesh/foundation/errors';
export { clientLines } from './client-lines.ts';
export type { CallExchangeRequest } from './call-exchange.ts';
export type { RoundInput } from './round-input.ts';
export { followCall } from './follow-call.ts';
export { createClient, errorOf, requestOf, type Client, type DirectCall, type Fetch, type Perform } from './client.ts';
export { followEvents } from './follow.ts';
export { gatewayConfigShape, gatewayPaths, type GatewayPath } from './gateway-config.ts';
export { batchInput, batchTool, type BatchOutput } from './batch-tool.ts';
export type { PlatformTool } from './mcp.ts';
export { platformTools } from './platform-tools.ts';
export { mcpScopes, resourceHeader } from './mcp-scopes.ts';
export { openApiDocument } from './openapi.ts';
export {
  defineOperation,
  type CallInput,
  type Method,
  type Operation,
  type ParsedInput,
  type ResponseOf,
  type ResultOf,
} from './operation.ts';
export { allOperations, basePath, operations, type Operations } from './operations.ts';
export { organizationSettings } from './operations/organizations.ts';
export type { ReasonCode } from './operations/policy.ts';
export type { PromptDefinition } from './operations/prompts.ts';
export { severities, type Severity } from './operations/notifications.ts';
export type { RuleActionSettings, RuleOfSource } from './operations/rules.ts';
export { connectionModes, type ConnectionMode } from './operations/sessions.ts';
export type { EventType, MeshEvent } from './operations/system.ts';
export {
  allows,
  keyTypes,
  roles,
  scopes,
  scopesOfKeyType,
  scopesOfRole,
  type KeyType,
  type Role,
  type Scope,
} from './scopes.ts';
export { toolContent, type ToolContent } from './tool-content.ts';
export {
  formatUpstreamAuthorization,
  parseUpstreamAuthorization,
  upstreamAuthorizationHeader,
  type UpstreamAuthorization,
} from './upstream-authorization.ts';
export { capability as capabilitySchema } from './schemas.ts';
