import type { Action } from './vocabulary.ts';
import { actionWords } from './vocabulary.ts';
import { isStopWord, termOf, termsOf, wordsOf } from './words.ts';

/** A tool as search sees it. */
export interface SearchableTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly parameters: readonly string[];
}

/** Where a word of a tool stands. */
export type Field = 'name' | 'title' | 'path' | 'tags' | 'description' | 'parameters';

const longestDescription = 600;

/** The terms of a tool by the field that they stand in. */
export function fieldsOf(tool: SearchableTool): Readonly<Record<Field, readonly string[]>> {
  return {
    name: termsOf(ownName(tool)),
    title: termsOf(tool.title),
    path: termsOf(tool.path.replaceAll(/\{[^{}]*\}/gu, ' ')),
    tags: termsOf([...tool.tags, tool.service].join(' ')),
    description: termsOf(tool.description.slice(0, longestDescription)),
    parameters: termsOf(tool.parameters.join(' ')),
  };
}

/** Its name without the prefix of its service. */
function ownName({ name, service }: SearchableTool): string {
  return name.startsWith(`${service}_`) ? name.slice(service.length + 1) : name;
}

/** The text that is embedded: what the tool is for, then what it is called and takes. */
export function embeddingText(tool: SearchableTool): string {
  const { title, description, parameters, service, path, method } = tool;
  const place = wordsOf(path.replaceAll(/\{[^{}]*\}/gu, ' ')).join(' ');
  const telling = description.startsWith(title) ? description : `${title}. ${description}`;
  const parts = [`${service}: ${wordsOf(ownName(tool)).join(' ')}`, telling.slice(0, 400), `${method} ${place}`];
  return [...parts, wordsOf(parameters.slice(0, 20).join(' ')).join(' ')].join('\n');
}

/** What a tool does, by its method and by what its title, its name or its path call it. */
export function actionsOf(tool: SearchableTool): ReadonlySet<Action> {
  const actions = new Set<Action>(byMethod(tool));
  for (const text of [tool.title, ownName(tool)]) {
    const verb = wordsOf(text).find((word) => actionWords.has(word));
    const action = verb === undefined ? undefined : actionWords.get(verb)?.action;
    if (
      action !== undefined &&
      (isReading(action) === isReading(byMethod(tool)[0] ?? action) || tool.method === 'POST')
    )
      actions.add(action);
  }
  return actions;
}

function isReading(action: Action): boolean {
  return action === 'list' || action === 'get';
}

function byMethod({ method, path }: SearchableTool): readonly Action[] {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'QUERY':
      return path.replace(/\/$/u, '').endsWith('}') ? ['get'] : ['list', 'get'];
    case 'POST':
      return path.replace(/\/$/u, '').endsWith('}') ? ['update', 'run'] : ['create', 'run'];
    case 'PUT':
    case 'PATCH':
      return ['update'];
    case 'DELETE':
      return ['delete'];
    default:
      return [];
  }
}

/** The terms of what a tool is about: the last part of its path that is no parameter. */
export function subjectOf({ path }: SearchableTool): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && !part.includes('{'));
  return termsOf(parts.at(-1) ?? '');
}

/** The terms of its title that say something. */
export function titleTermsOf({ title }: SearchableTool): readonly string[] {
  return [
    ...new Set(
      wordsOf(title)
        .filter((word) => !isStopWord(word))
        .map(termOf),
    ),
  ];
}
