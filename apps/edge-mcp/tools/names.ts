/** How tool names are spelled: dotted on WebSocket; with underscores on HTTP, where some clients hide a tool set for one dot. */
export type NameStyle = 'dotted' | 'underscored';

/** The spelling that a transport shows. */
export function styleOf(transport: 'websocket' | 'http'): NameStyle {
  return transport === 'websocket' ? 'dotted' : 'underscored';
}

/** A platform tool's name in a style. */
export function spell(name: string, style: NameStyle): string {
  return style === 'dotted' ? name : name.replaceAll('.', '_');
}
