import type { Answer, Media, Operation } from '../document/operation.ts';
import { inRange, isJsonType, parseMediaType } from '../request/media-type.ts';

/** The answer of an operation, with the status that it is given. */
interface ChosenAnswer {
  readonly status: number;
  readonly answer: Answer;
}

/** The answer under the asked code, or the first success; undefined where the operation has no such answer. */
export function chooseAnswer({ answers }: Operation, code: string | undefined): ChosenAnswer | undefined {
  if (code !== undefined) return answerOf(answers, code);
  const successes = answers.filter(({ status }) => /^2(?:\d\d|XX)$/u.test(status));
  const [first] = successes.toSorted((one, other) => statusOf(one.status) - statusOf(other.status));
  if (first !== undefined) return { status: statusOf(first.status), answer: first };
  const other =
    answers.find(({ status }) => status === 'default') ?? answers.find(({ status }) => /^[13]/u.test(status));
  const empty = { status: '200', media: [], headers: {} };
  const answer = other ?? empty;
  return { status: answer.status === 'default' ? 200 : statusOf(answer.status), answer };
}

function answerOf(answers: readonly Answer[], code: string): ChosenAnswer | undefined {
  if (!/^[2-5]\d\d$/u.test(code)) return undefined;
  const range = `${code.charAt(0)}XX`;
  const answer =
    answers.find(({ status }) => status === code) ??
    answers.find(({ status }) => status === range) ??
    answers.find(({ status }) => status === 'default');
  return answer === undefined ? undefined : { status: Number(code), answer };
}

function statusOf(status: string): number {
  const number = Number(status.replaceAll('X', '0'));
  return number >= 200 && number <= 599 ? number : 200;
}

/** The media type that the client likes best, JSON where it does not care; undefined where it takes none of them. */
export function negotiate(media: readonly Media[], accept: string | null): Media | undefined {
  const ranges = (accept ?? '*/*').split(',').flatMap((text) => {
    const parsed = parseMediaType(text);
    if (parsed === undefined) return [];
    const quality = Number(parsed.parameters.get('q') ?? 1);
    return quality > 0 ? [{ type: parsed.type, quality }] : [];
  });
  const liked = ranges.toSorted((one, other) => other.quality - one.quality);
  const inOrder = [...media].toSorted((one, other) => Number(isJsonType(other.type)) - Number(isJsonType(one.type)));
  for (const range of liked) {
    const found = inOrder.find(({ type }) => takes(range.type, type));
    if (found !== undefined) return found;
  }
  return undefined;
}

function takes(range: string, declared: string): boolean {
  const type = parseMediaType(declared)?.type ?? declared;
  return inRange(range, type) || inRange(type, range);
}
