/** A media type in its parts, all in lower case. */
interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Takes a Content-Type apart; undefined where it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const [head = '', ...rest] = text.split(';');
  const type = head.trim().toLowerCase();
  if (!/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/u.test(type)) return undefined;
  const parameters = rest.flatMap((part): (readonly [string, string])[] => {
    const at = part.indexOf('=');
    if (at < 0) return [];
    const name = part.slice(0, at).trim().toLowerCase();
    return [
      [
        name,
        part
          .slice(at + 1)
          .trim()
          .replaceAll(/^"|"$/gu, ''),
      ],
    ];
  });
  return { type, parameters: new Map(parameters) };
}

/** Whether a declared media type, which may be a range, takes a given one; parameters that it names must be given. */
export function takesMediaType(declared: string, given: string): boolean {
  const wanted = parseMediaType(declared);
  const had = parseMediaType(given);
  if (wanted === undefined || had === undefined) return false;
  const parameters = [...wanted.parameters].filter(
    ([name]) => name !== 'charset' && name !== 'boundary' && name !== 'q',
  );
  const sameParameters = parameters.every(
    ([name, value]) => had.parameters.get(name)?.toLowerCase() === value.toLowerCase(),
  );
  return sameParameters && inRange(wanted.type, had.type);
}

/** Whether a type lies in a range such as `image/*`. */
export function inRange(range: string, type: string): boolean {
  if (range === '*/*' || range === '*' || range === type) return true;
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1));
}

/** Whether its values are JSON texts. */
export function isJsonType(text: string): boolean {
  const type = parseMediaType(text)?.type ?? '';
  return /^[^/]+\/(?:json|.+\+json)$/u.test(type);
}

/** Whether its values are XML texts. */
export function isXmlType(text: string): boolean {
  const type = parseMediaType(text)?.type ?? '';
  return /^[^/]+\/(?:xml|.+\+xml)$/u.test(type);
}
