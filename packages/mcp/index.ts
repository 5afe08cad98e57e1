export { defaultBounds, type MessageBounds } from './bounds.ts';
export { type Connection, type Origin } from './connection.ts';
export type {
  Content,
  LogLevel,
  ObjectSchema,
  Prompt,
  PromptResult,
  Resource,
  ResourceContents,
  ResourceTemplate,
  Tool,
  ToolAnnotations,
  ToolResult,
} from './content.ts';
export { createMcpEndpoint, type McpEndpoint, type McpEndpointOptions, type ServerInfo } from './endpoint.ts';
export type {
  CompletionHandlers,
  InputRequest,
  InputRequired,
  McpHandlers,
  Page,
  Progress,
  PromptHandlers,
  RequestContext,
  ResourceHandlers,
  ToolHandlers,
} from './handlers.ts';
export {
  createStreamableHttpTransport,
  type Arrival,
  type Refusal,
  type StreamableHttpOptions,
  type StreamableHttpTransport,
} from './http/streamable-http.ts';
export { keepText, textOf } from './kept-text.ts';
export type { Channel } from './lifecycle.ts';
export type { Params, RequestId } from './message.ts';
export type { OriginRules } from './origin.ts';
export { supportedVersions } from './revisions/negotiate.ts';
export type { ClientInfo, Session } from './session.ts';
export { resumeHeader } from './resumption/resume-header.ts';
export { subprotocol } from './subprotocol.ts';
export {
  createWebSocketTransport,
  type WebSocketTransport,
  type WebSocketTransportOptions,
} from './websocket/websocket.ts';
