/** How one MCP client is connected: what to paste, and where. */
export interface ClientLine {
  readonly client: string;
  /** The file that the text belongs into; absent: it is a shell line. */
  readonly file?: string;
  readonly text: string;
}

/** What to paste to connect the usual MCP clients to a gateway under a key. */
export function clientLines(origin: string, key: string): readonly ClientLine[] {
  const url = `${origin}/mcp`;
  const headers = { Authorization: `Bearer ${key}` };
  const webSocket = { type: 'ws', url: `${origin.replace(/^http/u, 'ws')}/ws`, headers };
  const json = (value: unknown): string => JSON.stringify(value, undefined, 2);
  return [
    {
      client: 'Claude Code, HTTP',
      text: `claude mcp add --transport http devmesh ${url} --header "Authorization: Bearer ${key}"`,
    },
    { client: 'Claude Code, WebSocket', text: `claude mcp add-json devmesh '${JSON.stringify(webSocket)}'` },
    { client: 'Cursor', file: '~/.cursor/mcp.json', text: json({ mcpServers: { devmesh: { url, headers } } }) },
    {
      client: 'VS Code',
      file: '.vscode/mcp.json',
      text: json({ servers: { devmesh: { type: 'http', url, headers } } }),
    },
    {
      client: 'Codex',
      text: `export DEVMESH_KEY=${key}\ncodex mcp add devmesh --url ${url} --bearer-token-env-var DEVMESH_KEY`,
    },
  ];
}
