import { createHash } from 'node:crypto';

/** What a text is known by among embeddings. */
export function textDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
