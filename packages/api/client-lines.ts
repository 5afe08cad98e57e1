/** How one MCP client is connected: what to paste, and where. */
interface ClientLine {
  readonly client: string;
  /** A shell line, or the text of `file`. */
  readonly text: string;
  /** The file that the text belongs into; absent: paste it into a shell. */
  readonly file?: string;
}

interface ClientLinesOptions {
  /** Origin of the gateway. */
  readonly gatewayUrl: string;
  /** The key to put in, or a placeholder. */
  readonly key: string;
}

/** What to paste to connect each of the usual MCP clients to a gateway under a key. */
export function clientLines({ gatewayUrl, key }: ClientLinesOptions): readonly ClientLine[] {
  const url = `${gatewayUrl}/mcp`;
  const headers = { Authorization: `Bearer ${key}` };
  const overWebSocket = { type: 'ws', url: `${gatewayUrl.replace(/^http/u, 'ws')}/ws`, headers };
  const overHttp = { name: 'devmesh', type: 'http', url, headers };
  return [
    {
      client: 'Claude Code (HTTP)',
      text: `claude mcp add --transport http devmesh ${url} --header "Authorization: Bearer ${key}"`,
    },
    { client: 'Claude Code (WebSocket)', text: `claude mcp add-json devmesh '${JSON.stringify(overWebSocket)}'` },
    {
      client: 'Cursor',
      file: '~/.cursor/mcp.json',
      text: JSON.stringify({ mcpServers: { devmesh: { url, headers } } }),
    },
    { client: 'VS Code', text: `code --add-mcp '${JSON.stringify(overHttp)}'` },
    {
      client: 'Codex',
      text: `export DEVMESH_KEY=${key}; codex mcp add devmesh --url ${url} --bearer-token-env-var DEVMESH_KEY`,
    },
  ];
}
