interface LineReaderOptions {
  /** Bytes of one line. */
  readonly maximumBytes: number;
  readonly onLine: (line: string) => void;
  /** Called at a line that is longer; the rest of it is skipped. */
  readonly onTooLong: () => void;
}

const newline = 0x0a;

/** Cuts chunks of UTF-8 into lines. */
export function createLineReader({ maximumBytes, onLine, onTooLong }: LineReaderOptions): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer): void => {
    const fitted = bytes <= maximumBytes;
    bytes += part.length;
    if (bytes <= maximumBytes) {
      parts.push(part);
      return;
    }
    parts = [];
    if (fitted) onTooLong();
  };
  const finish = (): void => {
    const line = bytes <= maximumBytes ? Buffer.concat(parts).toString('utf8') : undefined;
    parts = [];
    bytes = 0;
    if (line !== undefined) onLine(line);
  };
  return (chunk) => {
    let start = 0;
    for (;;) {
      const at = chunk.indexOf(newline, start);
      keep(chunk.subarray(start, at === -1 ? chunk.length : at));
      if (at === -1) return;
      finish();
      start = at + 1;
    }
  };
}
