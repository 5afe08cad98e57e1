// Emoji and flags are written with joiners, variation selectors and tags of their own: those hide nothing.
const emoji =
  /\u{1F3F4}[\u{E0060}-\u{E007F}]+|\p{Extended_Pictographic}[\uFE0E\uFE0F]?(?:\u200D\p{Extended_Pictographic}[\uFE0E\uFE0F]?)*/gu;

// What turns text around, has no width, or is a tag; of what scripts join and select with, only runs.
const hidden =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class -- exactly what hides
  /[\u001B\u061C\u115F\u1160\u180E\u200B\u2028\u2029\u202A-\u202E\u2060-\u2064\u2066-\u206F\u3164\uFEFF\uFFA0\u{E0000}-\u{E007F}]+|[\u200C\u200D\uFE00-\uFE0F\u{E0100}-\u{E01EF}]{2,}/gu;

const mostShown = 60;

/** What a text says that a person does not see: tags as the letters that they stand for, the rest by number. */
export function hiddenTextIn(text: string): string | undefined {
  const found = [...text.replaceAll(emoji, '').matchAll(hidden)].flatMap(([run]) => Array.from(run));
  if (found.length === 0) return undefined;
  const shown = found.slice(0, mostShown).map(shownAs).join('');
  return found.length > mostShown ? `${shown}… (${String(found.length)} characters)` : shown;
}

function shownAs(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point >= 0xe0020 && point < 0xe007f) return String.fromCodePoint(point - 0xe0000);
  return `\\u{${point.toString(16).toUpperCase()}}`;
}
