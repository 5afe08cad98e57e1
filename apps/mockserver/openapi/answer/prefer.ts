/** What a client asks for in the Prefer header (RFC 7240): `code=404, example=empty, seed=7`. */
export interface Preferences {
  readonly code: string | undefined;
  readonly example: string | undefined;
  readonly seed: number;
}

/** Reads the Prefer header; what it does not know it leaves alone, as the RFC asks. */
export function readPreferences(header: string | null): Preferences {
  const pairs = (header ?? '').split(/[,;]/u).map((part) => {
    const [name = '', value = ''] = part.split('=', 2);
    return [name.trim().toLowerCase(), value.trim().replaceAll(/^"|"$/gu, '')] as const;
  });
  const given = new Map(pairs);
  const seed = Number(given.get('seed') ?? 0);
  return {
    code: given.get('code'),
    example: given.get('example'),
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : 0,
  };
}
