import { condensed, oneLine, shorten } from './clean-text.ts';

interface Told {
  readonly operationId: string | undefined;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly method: string;
  readonly path: string;
  readonly answer: { readonly description: string | undefined; readonly mediaTypes: readonly string[] };
}

const longestTitle = 120;
const longestDescription = 1_000;
const longestReturns = 200;
/** Read before the marks of a text are taken away; more than is ever shown. */
const longestRead = 20_000;

/** A short title for people. */
export function titleOf(operation: Told): string {
  const titles = [operation.summary, operation.operationId, `${operation.method} ${operation.path}`];
  const title = titles
    .map((text) => oneLine(condensed((text ?? '').slice(0, longestRead))))
    .find((text) => text !== '');
  return shorten(title ?? operation.method, longestTitle);
}

/** What a model reads to choose the tool: deprecation, the summary, the description, what it returns, within a bound. */
export function descriptionOf(operation: Told): string {
  const summary = oneLine(condensed((operation.summary ?? '').slice(0, longestRead)));
  const description = condensed((operation.description ?? '').slice(0, longestRead));
  const repeats = summary !== '' && startsWith(description, summary);
  const returns = returnsOf(operation.answer);
  const told = [
    operation.deprecated ? 'Deprecated.' : '',
    repeats ? '' : sentence(summary),
    description,
    summary === '' && description === '' ? `${operation.method} ${oneLine(operation.path)}` : '',
  ].filter((part) => part !== '');
  const room = longestDescription - (returns === '' ? 0 : returns.length + 2);
  return [shorten(told.join('\n\n'), room), returns].filter((part) => part !== '').join('\n\n');
}

function startsWith(description: string, summary: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[\s.]+/gu, ' ')
      .trim();
  return plain(description).startsWith(plain(summary));
}

function sentence(text: string): string {
  return text === '' || /[.!?:;…)]$/u.test(text) ? text : `${text}.`;
}

/** What servers say of any answer, which helps nobody to choose. */
const empty =
  /^(?:(?:the )?(?:http )?(?:2\d\d|2xx|ok|okay|success(?:ful(?:ly)?)?|response|responses|operation|request|result|default|a|an|created|accepted|no content|done|completed|returned|answer)[\s.,:;!-]*)+$/iu;

function returnsOf({ description, mediaTypes }: Told['answer']): string {
  const said = oneLine(condensed((description ?? '').slice(0, longestRead)));
  const helpful = said !== '' && !empty.test(said) ? shorten(said, longestReturns) : '';
  const format =
    mediaTypes.length > 0 && !mediaTypes.some((type) => /json|\*/iu.test(type)) ? formatOf(mediaTypes) : '';
  if (helpful === '' && format === '') return '';
  if (helpful === '') return `Returns ${format}.`;
  return `Returns${format === '' ? '' : ` (${format})`}: ${sentence(helpful)}`;
}

function formatOf(mediaTypes: readonly string[]): string {
  return mediaTypes
    .slice(0, 2)
    .map((type) => oneLine(type).slice(0, 60))
    .join(' or ');
}
