const lineFeed = 10;
const longestLine = 1_048_576;

/** The lines of a stream of bytes, each with its line feed; what the last one lacks, and what is too long, is handed on as it is. */
export async function* splitLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, from)) {
      const line = chunk.subarray(from, end + 1);
      yield rest.length === 0 ? line : Buffer.concat([rest, line]);
      rest = new Uint8Array();
      from = end + 1;
    }
    if (from < chunk.length) rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > longestLine) break;
  }
  if (rest.length > 0) yield rest;
}
