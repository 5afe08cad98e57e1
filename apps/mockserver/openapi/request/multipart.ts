/** One part of a multipart body. */
export interface Part {
  readonly name: string;
  readonly fileName: string | undefined;
  /** As declared by the part; undefined where it declares none. */
  readonly type: string | undefined;
  readonly content: Buffer;
}

const mostParts = 1_000;
const blankLine = Buffer.from('\r\n\r\n');

/** The parts of a multipart body (RFC 2046 and 7578); a sentence where it is malformed. */
export function readMultipart(body: Buffer, boundary: string): readonly Part[] | string {
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  if (at < 0) return 'does not hold the boundary that Content-Type names';
  for (;;) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString('latin1') === '--') return parts;
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), start);
    if (next < 0) return 'has no closing boundary';
    const part = readPart(body.subarray(start, next));
    if (typeof part === 'string') return part;
    parts.push(part);
    if (parts.length > mostParts) return `has more than ${String(mostParts)} parts`;
    at = next + 2;
  }
}

function readPart(bytes: Buffer): Part | string {
  const head = bytes.indexOf(blankLine);
  if (head < 0) return 'has a part without a blank line after its headers';
  const headers = bytes.subarray(0, head).toString('utf8');
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/imu.exec(headers)?.[1];
  const name = quoted(disposition ?? '', 'name');
  if (name === undefined) return 'has a part that Content-Disposition gives no name';
  return {
    name,
    fileName: quoted(disposition ?? '', 'filename'),
    type: /^content-type:\s*(.+?)\s*$/imu.exec(headers)?.[1],
    content: bytes.subarray(head + blankLine.length),
  };
}

function quoted(disposition: string, parameter: string): string | undefined {
  const found = new RegExp(`(?:^|;)\\s*${parameter}="((?:[^"\\\\]|\\\\.)*)"`, 'iu').exec(disposition)?.[1];
  // Browsers write quotes and line breaks percent-encoded, older clients with a backslash.
  return found?.replaceAll(/\\(.)/gu, '$1').replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}
