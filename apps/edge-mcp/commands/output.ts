/** What a command wrote to one of its streams, as far as it is kept. */
export interface Captured {
  readonly text: string;
  /** All that it wrote, whether it is kept or not. */
  readonly bytes: number;
  readonly truncated: boolean;
}

/** Keeps the beginning and the end of a stream. */
export interface Capture {
  add(chunk: Buffer): void;
  bytes(): number;
  /** What was written since it was last asked, at most the last `maximum` bytes. */
  news(maximum: number): string;
  captured(): Captured;
}

/** Keeps at most so many bytes: three quarters of them from the beginning, the rest from the end, with a line between that says how many are missing. */
export function createCapture(maximumBytes: number): Capture {
  const headBytes = Math.floor((maximumBytes * 3) / 4);
  const tailBytes = maximumBytes - headBytes;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let recent = Buffer.alloc(0);
  let bytes = 0;
  return {
    add: (chunk) => {
      bytes += chunk.length;
      recent = Buffer.concat([recent, chunk]).subarray(-tailBytes);
      const room = headBytes - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      if (chunk.length > room) tail = Buffer.concat([tail, chunk.subarray(Math.max(0, room))]).subarray(-tailBytes);
    },
    bytes: () => bytes,
    news: (maximum) => {
      const text = recent.subarray(-maximum).toString('utf8');
      recent = Buffer.alloc(0);
      return text;
    },
    captured: () => {
      const missing = bytes - head.length - tail.length;
      if (missing === 0) return { text: Buffer.concat([head, tail]).toString('utf8'), bytes, truncated: false };
      const text = `${head.toString('utf8')}\n[${String(missing)} bytes left out here]\n${tail.toString('utf8')}`;
      return { text, bytes, truncated: true };
    },
  };
}
