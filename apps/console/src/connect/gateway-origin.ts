const gatewayPort = 8080;

/** Where the MCP gateway is unless the operator moved it: this host, port 8080. */
export function defaultGatewayOrigin({ protocol, hostname }: Pick<Location, 'protocol' | 'hostname'>): string {
  return `${protocol}//${hostname}:${String(gatewayPort)}`;
}

/** The origin that a person typed, or nothing where it is not an http(s) address. */
export function readOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, origin } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}
