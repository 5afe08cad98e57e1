import type { PromptDefinition } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { fillTemplate } from './template.ts';

/** Characters of all messages together. */
const mostCharacters = 1_000_000;

type Values = Readonly<Record<string, string>>;

/** A prompt with its arguments filled in. */
export interface RenderedPrompt {
  readonly description?: string;
  readonly messages: PromptDefinition['messages'];
}

/** Fills in a prompt; throws `invalid_request` where an argument is missing or unknown, `too_large` where it becomes too long. */
export function renderPrompt(definition: PromptDefinition, values: Values): RenderedPrompt {
  checkValues(definition, values);
  let characters = 0;
  const messages = definition.messages.map(({ role, content }) => {
    if (content.type !== 'text') return { role, content };
    const text = fillTemplate(content.text, values);
    characters += text.length;
    if (characters > mostCharacters) {
      throw new MeshError('too_large', `A prompt that is filled in has at most ${String(mostCharacters)} characters.`);
    }
    return { role, content: { ...content, text } };
  });
  const { description } = definition;
  return { ...(description === '' ? {} : { description }), messages };
}

function checkValues({ arguments: wanted }: PromptDefinition, values: Values): void {
  const missing = wanted.filter(({ name, required }) => required && !Object.hasOwn(values, name));
  const unknown = Object.keys(values).filter((name) => wanted.every((one) => one.name !== name));
  const issues = [
    ...missing.map(({ name }) => ({ path: `body.arguments.${name}`, message: 'is required' })),
    ...unknown.map((name) => ({
      path: `body.arguments.${name.slice(0, 64)}`,
      message: 'is no argument of this prompt',
    })),
  ];
  if (issues.length === 0) return;
  const told = issues.map(({ path, message }) => `${path.slice('body.arguments.'.length)} ${message}`).slice(0, 5);
  throw new MeshError('invalid_request', `The arguments do not fit: ${told.join(', ')}.`, {
    issues: issues.slice(0, 20),
  });
}

/** How an argument could go on: what begins like it, then what has it inside, without regard to case. */
export function completeArgument(
  { arguments: all }: PromptDefinition,
  { name, value }: { readonly name: string; readonly value: string },
) {
  const argument = all.find((one) => one.name === name);
  if (argument === undefined)
    throw new MeshError('invalid_request', `The prompt has no argument ${name.slice(0, 64)}.`);
  const sought = value.toLowerCase();
  const places = (argument.values ?? []).map((one) => ({ one, at: one.toLowerCase().indexOf(sought) }));
  const found = [...places.filter(({ at }) => at === 0), ...places.filter(({ at }) => at > 0)].map(({ one }) => one);
  return { values: found.slice(0, 100), total: found.length, hasMore: found.length > 100 };
}
