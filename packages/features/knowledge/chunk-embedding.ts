import { cut } from './chunk-line.ts';
import type { Chunk } from './chunker.ts';

const longestPrefix = 200;

/** What is embedded for a chunk: the words of its path and heading, names split into words, then its text. */
export function embeddingText(path: string, { heading, text }: Pick<Chunk, 'heading' | 'text'>): string {
  return `${cut(`${words(path)}: ${words(heading)}`, longestPrefix)}\n${text}`;
}

/** `getUserById` -> `get user by id`, `HTTPServer` -> `http server`, `snake_case` -> `snake case`. */
export function words(names: string): string {
  return names
    .replaceAll(/(?<=\p{Ll}|\p{N})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ')
    .toLowerCase();
}
