import { MeshError } from '@devmesh/foundation';

/** Turns a text into the token ids of a BERT uncased model. */
export type Tokenize = (text: string, maximumTokens: number) => readonly number[];

interface WordPieceOptions {
  readonly vocabulary: ReadonlyMap<string, number>;
}

const longestWord = 100;

/**
 * BERT's uncased tokenizer: control characters dropped, lower case, accents stripped, punctuation and CJK characters
 * apart, then the longest known pieces from the left. The result starts with [CLS], ends with [SEP] and never
 * exceeds `maximumTokens`.
 */
export function createWordPiece({ vocabulary }: WordPieceOptions): Tokenize {
  const special = (name: string): number => {
    const id = vocabulary.get(name);
    if (id === undefined) throw new MeshError('internal', `The vocabulary of the tokenizer lacks ${name}.`);
    return id;
  };
  const [first, last, unknown] = [special('[CLS]'), special('[SEP]'), special('[UNK]')];
  return (text, maximumTokens) => {
    const ids = [first];
    for (const word of words(text)) {
      if (ids.length >= maximumTokens) break;
      ids.push(...(pieces(word, vocabulary) ?? [unknown]));
    }
    ids.length = Math.min(ids.length, maximumTokens - 1);
    ids.push(last);
    return ids;
  };
}

const punctuation = '!-\\/:-@\\[-`\\{-~\\p{P}';
const ideographs = '\\u4E00-\\u9FFF\\u3400-\\u4DBF\\u{20000}-\\u{2CEAF}\\uF900-\\uFAFF\\u{2F800}-\\u{2FA1F}';
const wordPattern = new RegExp(`[${punctuation}${ideographs}]|[^\\s${punctuation}${ideographs}]+`, 'gu');

function* words(text: string): Generator<string> {
  const clean = text.replaceAll(/[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/gu, '');
  // The capital sigma by itself, because lower-casing a whole text gives it another form at the end of a word.
  const plain = clean
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .replaceAll('Σ', 'σ')
    .toLowerCase();
  for (const [word] of plain.matchAll(wordPattern)) yield word;
}

function pieces(word: string, vocabulary: ReadonlyMap<string, number>): number[] | undefined {
  if (word.length > longestWord) return undefined;
  const ids: number[] = [];
  for (let start = 0; start < word.length;) {
    const piece = longestPiece(word, start, vocabulary);
    if (piece === undefined) return undefined;
    ids.push(piece.id);
    start = piece.end;
  }
  return ids;
}

function longestPiece(
  word: string,
  start: number,
  vocabulary: ReadonlyMap<string, number>,
): { id: number; end: number } | undefined {
  const prefix = start === 0 ? '' : '##';
  for (let end = word.length; end > start; end -= 1) {
    const id = vocabulary.get(prefix + word.slice(start, end));
    if (id !== undefined) return { id, end };
  }
  return undefined;
}
