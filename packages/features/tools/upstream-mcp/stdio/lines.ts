import { MeshError } from '@devmesh/foundation';

interface LineReaderOptions {
  /** Bytes of one line. */
  readonly maximumBytes: number;
  readonly onLine: (line: string) => void;
  /** Called once; nothing is read after it. */
  readonly onTooLong: (error: MeshError) => void;
}

const newline = 0x0a;

/** Cuts chunks of UTF-8 into lines. */
export function createLineReader({ maximumBytes, onLine, onTooLong }: LineReaderOptions): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;
  let failed = false;
  const finish = (): void => {
    const line = Buffer.concat(parts).toString('utf8');
    parts = [];
    bytes = 0;
    onLine(line);
  };
  return (chunk) => {
    let start = 0;
    while (!failed && start < chunk.length) {
      const at = chunk.indexOf(newline, start);
      const part = chunk.subarray(start, at === -1 ? chunk.length : at);
      parts.push(part);
      bytes += part.length;
      if (bytes > maximumBytes) {
        failed = true;
        parts = [];
        onTooLong(new MeshError('too_large', `The program sent a message of more than ${String(maximumBytes)} bytes.`));
        return;
      }
      if (at === -1) return;
      finish();
      start = at + 1;
    }
  };
}
