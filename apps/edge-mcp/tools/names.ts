import { MeshError } from '@devmesh/foundation';

const styles = ['dotted', 'underscored'] as const;

/** How tool names are spelled: dotted on WebSocket; with underscores on HTTP, where some clients hide a tool set for one dot. */
export type NameStyle = (typeof styles)[number];

/** The spelling that an endpoint shows: the one that its address asks for, else that of its transport. */
export function styleOf(transport: 'websocket' | 'http', asked: NameStyle | undefined): NameStyle {
  return asked ?? (transport === 'websocket' ? 'dotted' : 'underscored');
}

/** The spelling that `?names=` of an address asks for; throws `invalid_request` for one that there is not. */
export function readNameStyle(query: URLSearchParams): NameStyle | undefined {
  const asked = query.get('names');
  const style = styles.find((known) => known === asked);
  if (asked === null || style !== undefined) return style;
  throw new MeshError('invalid_request', `The address asks for names that are neither ${styles.join(' nor ')}.`);
}

/** A platform tool's name in a style. */
export function spell(name: string, style: NameStyle): string {
  return style === 'dotted' ? name : name.replaceAll('.', '_');
}

/** Things by their dotted names in both spellings; throws where two would be known by one name. */
export function byEitherName<Named extends { readonly name: string }>(
  all: readonly Named[],
): ReadonlyMap<string, Named> {
  const known = new Map<string, Named>();
  for (const one of all) {
    for (const name of new Set(styles.map((style) => spell(one.name, style)))) {
      if (known.has(name)) throw new Error(`Two tools are called ${name}.`);
      known.set(name, one);
    }
  }
  return known;
}
