/** The WebSocket sub-protocol that carries MCP. */
export const subprotocol = 'mcp';
