const maximumLength = 4096;
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/u;

/** Whether a text can be the name of a header. */
export function isHeaderName(name: string): boolean {
  return headerName.test(name);
}

/** The value of a header, or undefined where it is missing, empty or longer than any sender's. */
export function header(headers: Headers, name: string): string | undefined {
  const value = isHeaderName(name) ? (headers.get(name) ?? '') : '';
  return value === '' || value.length > maximumLength ? undefined : value;
}

/** The bytes of a header: what is not ASCII arrives one character for each byte. */
export function headerBytes(value: string | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'latin1');
}

/** The values of a key in a list such as `t=1,v1=a,v1=b`; none where anything in it is not a pair. */
export function valuesOf(key: string, list: string | undefined): readonly string[] {
  const pairs = (list ?? '').split(',').map((part) => /^ *([a-z][a-z0-9]{0,9})=([^ =]+) *$/u.exec(part));
  return pairs.includes(null) ? [] : pairs.flatMap((pair) => (pair?.[1] === key ? [pair[2] ?? ''] : []));
}

/** What follows the prefix, as a list of one; an empty list where the value does not begin with it. */
export function withoutPrefix(prefix: string, value: string | undefined): readonly string[] {
  return value?.startsWith(prefix) === true ? [value.slice(prefix.length)] : [];
}
