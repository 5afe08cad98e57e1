import { textOfPattern } from './text-of-pattern.ts';

type Keywords = Readonly<Record<string, unknown>>;

const formats: Readonly<Record<string, (turn: number) => string>> = {
  'date-time': (turn) => `2024-05-0${String((turn % 9) + 1)}T10:20:30Z`,
  datetime: () => '2024-05-06T10:20:30Z',
  date: (turn) => `2024-05-0${String((turn % 9) + 1)}`,
  time: () => '10:20:30Z',
  duration: () => 'PT1H',
  uuid: (turn) => `5f1d2c3e-0a1b-4c2d-8e3f-${String(turn % 1e12).padStart(12, '0')}`,
  email: (turn) => `someone${String(turn)}@example.com`,
  uri: (turn) => `https://example.com/${String(turn)}`,
  url: (turn) => `https://example.com/${String(turn)}`,
  'uri-reference': (turn) => `/things/${String(turn)}`,
  hostname: () => 'host.example.com',
  ipv4: (turn) => `192.0.2.${String((turn % 250) + 1)}`,
  ipv6: (turn) => `2001:db8::${String((turn % 9) + 1)}`,
  byte: () => 'AAECAw==',
  int64: (turn) => String(turn),
  int32: (turn) => String(turn),
};

/** A text that fits its keywords, as far as one was found; `turn` makes texts differ. */
export function generateText(keywords: Keywords, turn: number): string {
  const least = countIn(keywords['minLength'], 0);
  const most = countIn(keywords['maxLength'], Math.max(least, 10_000));
  const { pattern, format } = keywords;
  const formatted = typeof format === 'string' ? formats[format.toLowerCase()]?.(turn) : undefined;
  if (typeof pattern === 'string') {
    return textOfPattern(pattern, { least, most }, turn) ?? formatted ?? words(turn, least, most);
  }
  if (formatted !== undefined && formatted.length >= least && formatted.length <= most) return formatted;
  if (keywords['contentEncoding'] === 'base64') return 'AAECAw==';
  return words(turn, least, most);
}

function words(turn: number, least: number, most: number): string {
  const word = turn === 0 ? 'text' : `text${String(turn)}`;
  if (most < word.length) return (turn === 0 ? 'text' : String(turn)).slice(0, most).padEnd(least, 'x');
  return word.padEnd(least, 'x');
}

function countIn(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? Math.min(value, 100_000) : otherwise;
}
