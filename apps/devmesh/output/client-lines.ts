interface ClientLinesOptions {
  /** Origin of the gateway. */
  readonly edgeUrl: string;
  /** The key to put in, or a placeholder. */
  readonly key: string;
}

/** How one MCP client is connected: what to paste, and where. */
interface ClientLine {
  readonly client: string;
  /** A shell line, or the text of a file. */
  readonly paste: string;
  /** The file it belongs into; absent: paste it into a shell. */
  readonly file?: string;
}

/** What to paste to connect each of the usual MCP clients. */
export function clientLines({ edgeUrl, key }: ClientLinesOptions): readonly ClientLine[] {
  const url = `${edgeUrl}/mcp`;
  const webSocketUrl = `${edgeUrl.replace(/^http/u, 'ws')}/ws`;
  const headers = { Authorization: `Bearer ${key}` };
  const overWebSocket = JSON.stringify({ type: 'ws', url: webSocketUrl, headers });
  return [
    {
      client: 'Claude Code (HTTP)',
      paste: `claude mcp add --transport http devmesh ${url} --header "Authorization: Bearer ${key}"`,
    },
    { client: 'Claude Code (WebSocket)', paste: `claude mcp add-json devmesh '${overWebSocket}'` },
    {
      client: 'Cursor',
      file: '~/.cursor/mcp.json',
      paste: JSON.stringify({ mcpServers: { devmesh: { url, headers } } }),
    },
    { client: 'VS Code', paste: `code --add-mcp '${JSON.stringify({ name: 'devmesh', type: 'http', url, headers })}'` },
    {
      client: 'Codex',
      paste: `export DEVMESH_KEY=${key}; codex mcp add devmesh --url ${url} --bearer-token-env-var DEVMESH_KEY`,
    },
  ];
}
