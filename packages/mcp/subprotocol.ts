/** The WebSocket sub-protocol that carries MCP: one text frame is one message. */
export const subprotocol = 'mcp';

/** Sub-protocols that carry MCP in binary frames (docs/websocket.md); the first also compresses. */
export const binarySubprotocols = ['mcp-frames.v1.deflate', 'mcp-frames.v1'] as const;

export type BinarySubprotocol = (typeof binarySubprotocols)[number];

/** The first of those that a client offers which is spoken here; undefined where there is none. */
export function chooseSubprotocol(offered: Iterable<string>): string | undefined {
  const spoken: ReadonlySet<string> = new Set([subprotocol, ...binarySubprotocols]);
  for (const name of offered) if (spoken.has(name)) return name;
  return undefined;
}

/** Whether messages travel in binary frames. */
export function isBinary(chosen: string): chosen is BinarySubprotocol {
  return binarySubprotocols.some((name) => name === chosen);
}
