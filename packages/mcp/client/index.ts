export { connectMcp, type McpConnection } from './connect.ts';
export { connectWithOAuth } from './oauth.ts';
export { stayConnected, type ConnectionChange } from './stay-connected.ts';
export { createWebSocketClientTransport } from './websocket.ts';
