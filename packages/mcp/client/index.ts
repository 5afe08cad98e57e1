export { connectMcp, type McpConnection } from './connect.ts';
export { connectWithOAuth } from './oauth.ts';
export { createWebSocketClientTransport } from './websocket.ts';
