import type { PromptDefinition } from '@devmesh/api';
import { MeshError, type Issue } from '@devmesh/foundation';
import { readTemplate } from './template.ts';

/** Bytes of a version, as JSON. */
const mostBytes = 262_144;

/** Throws `invalid_request` where a prompt could not be filled in as its writer means, `too_large` where it is too much. */
export function checkDefinition(definition: PromptDefinition): void {
  const names = definition.arguments.map(({ name }) => name);
  const twice = names.flatMap((name, at) =>
    names.indexOf(name) === at ? [] : [issue(`arguments.${String(at)}.name`, `there is another argument ${name}`)],
  );
  const unknown = definition.messages.flatMap(({ content }, at) =>
    content.type === 'text' ? wrongIn(content.text, `messages.${String(at)}.content.text`, new Set(names)) : [],
  );
  const issues = [...twice, ...unknown];
  if (issues.length > 0) {
    throw new MeshError('invalid_request', 'The prompt cannot be filled in.', { issues: issues.slice(0, 20) });
  }
  if (Buffer.byteLength(JSON.stringify(definition)) > mostBytes) {
    throw new MeshError('too_large', `A prompt has at most ${String(mostBytes)} bytes.`);
  }
}

function wrongIn(text: string, path: string, known: ReadonlySet<string>): readonly Issue[] {
  try {
    const named = readTemplate(text).flatMap((part) => (typeof part === 'string' ? [] : [part.argument]));
    const unknown = new Set(named.filter((name) => !known.has(name)));
    return [...unknown].map((name) =>
      issue(path, `{{${name.slice(0, 64)}}} is none of its arguments; write \\{{ for {{ itself`),
    );
  } catch (error) {
    if (error instanceof RangeError) return [issue(path, error.message)];
    throw error;
  }
}

function issue(field: string, message: string): Issue {
  return { path: `body.${field}`, message };
}
