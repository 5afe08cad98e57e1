/** Letters of other scripts, digits and pairs that look like Latin letters; after lower case and NFKC. */
const confusable: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  ѕ: 's',
  і: 'i',
  ј: 'j',
  ԁ: 'd',
  һ: 'h',
  ӏ: 'l',
  в: 'b',
  к: 'k',
  м: 'm',
  н: 'h',
  т: 't',
  α: 'a',
  ε: 'e',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ı: 'i',
  ɡ: 'g',
  ɑ: 'a',
  ӕ: 'ae',
  œ: 'oe',
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '5': 's',
  '|': 'l',
  $: 's',
};

/** How a name is written does not make it another: words in lower case, separated alike. */
function plain(name: string): string {
  return name
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/gu, '_')
    .toLowerCase()
    .replaceAll(/[\s._:/-]+/gu, '_');
}

/** What a name looks like at a glance. */
function skeleton(name: string): string {
  const letters = Array.from(plain(name).normalize('NFKC'), (letter) => confusable[letter] ?? letter).join('');
  return letters.replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll('cl', 'd').replaceAll(/[il]/gu, 'l');
}

/** Whether one of two names can be taken for the other, though they are not the same. */
export function isLookAlike(one: string, other: string): boolean {
  const [first, second] = [plain(one), plain(other)];
  if (first === second) return false;
  if (skeleton(one) === skeleton(other)) return true;
  return isMisspelt(first, second);
}

const longEnough = 7;

/** Whether they differ by one letter, or two exchanged ones, within one long word: `get` and `set` are different words. */
function isMisspelt(one: string, other: string): boolean {
  const words = one.split('_');
  const others = other.split('_');
  if (words.length !== others.length) return false;
  const different = words.flatMap((word, index) =>
    word === others[index] ? [] : [[word, others[index] ?? ''] as const],
  );
  const [pair] = different;
  return different.length === 1 && pair !== undefined && isTypo(...pair);
}

function isTypo(one: string, other: string): boolean {
  if (Math.max(one.length, other.length) < longEnough || /\d/u.test(one + other)) return false;
  const start = commonStart(one, other);
  const end = commonEnd(one.slice(start), other.slice(start));
  const [left, right] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  // At either end a letter makes another word: plurals, tenses, prefixes.
  if (start === 0 || end === 0) return false;
  if (left.length === 2 && right.length === 2) return left[0] === right[1] && left[1] === right[0];
  return left.length <= 1 && right.length <= 1;
}

function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
  return length;
}

function commonEnd(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}

/** Two names that are look-alikes of each other have one of these in common. */
export function looksOf(name: string): readonly string[] {
  const words = plain(name).split('_');
  const misspelt = words.flatMap((word, index) =>
    word.length < longEnough - 1
      ? []
      : [words.map((each, place) => (place === index ? `${word[0] ?? ''}*${word.at(-1) ?? ''}` : each)).join('_')],
  );
  return [`=${skeleton(name)}`, ...misspelt];
}
