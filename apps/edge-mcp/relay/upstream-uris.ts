/** Whether an address is of a resource of an MCP server behind the platform; a tool set may show them as their servers do. */
export function isUpstreamUri(uri: string, set: string | undefined): boolean {
  return uri.startsWith('devmesh+') || (set !== undefined && !uri.startsWith('devmesh:'));
}

/** What the names of that service's tools begin with, so that its own credential goes along. */
export function toolPrefixOf(uri: string): string {
  const service = /^devmesh\+([a-z0-9-]+):/u.exec(uri)?.[1] ?? '';
  return `${service.replaceAll('-', '_')}_`;
}
