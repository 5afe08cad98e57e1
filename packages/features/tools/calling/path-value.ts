const decodings = 3;

/**
 * Why a value must not stand in a path: a server or a proxy could read it as another path than the template's. The value is
 * looked at as it is and as it reads after being decoded again and again. Undefined for a harmless one.
 */
export function pathObjection(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what may not pass
  if (/[\u0000-\u001F\u007F\\]/u.test(text)) return 'must not contain a backslash or a control character';
  if (hasDotSegment(text)) return 'must not contain a path segment "." or ".."';
  // Forms that only some servers decode: UTF-8 of too many bytes, and %u of IIS.
  if (/%(?:c[01]%[89ab]|e0%[89]|u00(?:2[ef]|5c))/iu.test(text)) return encodedSeparator;
  return objectionOnceDecoded(text);
}

const encodedSeparator =
  'must not contain an encoded slash, backslash, dot segment or NUL; give the value itself, unencoded';

function objectionOnceDecoded(text: string): string | undefined {
  let read = text;
  for (let count = 0; count < decodings; count += 1) {
    const decoded = decodeAscii(read);
    if (decoded === read) return undefined;
    const before = separatorsOf(read);
    read = decoded;
    if (separatorsOf(read) > before || read.includes('\0') || hasDotSegment(read)) return encodedSeparator;
  }
  // What is encoded that deep means to get past somebody.
  return decodeAscii(read) === read ? undefined : encodedSeparator;
}

function separatorsOf(text: string): number {
  return text.split(/[/\\]/u).length;
}

function decodeAscii(text: string): string {
  return text.replaceAll(/%[0-7][0-9a-f]/giu, decodeURIComponent);
}

/** Also with path parameters behind the dots (`..;x`), which some servers take off. */
export function hasDotSegment(text: string): boolean {
  return text.split(/[/\\]/u).some((segment) => /^\.{1,2}(?:;.*)?$/su.test(segment));
}
