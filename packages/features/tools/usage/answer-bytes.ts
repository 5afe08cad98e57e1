import type { CallResult } from '../calling/present-answer.ts';

/** About how many bytes an answer has for whoever asked: its texts, and its bytes as they are encoded. */
export function answerBytesOf({ content }: CallResult): number {
  let bytes = 0;
  for (const piece of content) {
    if (piece.type === 'text') bytes += Buffer.byteLength(piece.text);
    else if (piece.type === 'image' || piece.type === 'audio') bytes += piece.data.length;
  }
  return bytes;
}
