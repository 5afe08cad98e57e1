import { storable } from '../reading/storable.ts';

// Characters that change how the text around them shows, or show nothing at all: controls except line feed and tab, marks of
// direction, joiners that hide, tags, and variation selectors that can carry a message.
const hidden =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]|[\u{1D173}-\u{1D17A}]/gu;

/** Text of a server as people and models may read it: without what hides, within a bound. */
export function cleanText(text: string, longest: number): string {
  const plain = storable(text.slice(0, longest * 4))
    .replaceAll('\r\n', '\n')
    .replaceAll(hidden, '');
  if (plain.length <= longest) return plain;
  return `${plain
    .slice(0, longest - 1)
    .replace(/[\uD800-\uDBFF]$/u, '')
    .trimEnd()}…`;
}
