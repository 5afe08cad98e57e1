export { connectMcp, type McpConnection } from './connect.ts';
export { createWebSocketClientTransport } from './websocket.ts';
