/** How an upstream MCP server is reached. */
export type UpstreamAddress =
  | { readonly transport: 'http' | 'sse' | 'websocket'; readonly url: string }
  | {
      readonly transport: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly cwd: string | undefined;
      readonly environment: Readonly<Record<string, string>>;
    };

export type UpstreamTransport = UpstreamAddress['transport'];

/** What stands as the base URL of the service: where it is, or which program it is. */
export function baseUrlOf(address: UpstreamAddress): string {
  return address.transport === 'stdio' ? `stdio:${encodeURIComponent(address.command)}` : address.url;
}
