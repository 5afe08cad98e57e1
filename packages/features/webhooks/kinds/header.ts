const maximumLength = 4096;

/** The value of a header, or undefined where it is missing, empty or longer than any sender's. */
export function header(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? '';
  return value === '' || value.length > maximumLength ? undefined : value;
}

/** What follows the prefix, as a list of one; an empty list where the value does not begin with it. */
export function withoutPrefix(prefix: string, value: string | undefined): readonly string[] {
  return value?.startsWith(prefix) === true ? [value.slice(prefix.length)] : [];
}
