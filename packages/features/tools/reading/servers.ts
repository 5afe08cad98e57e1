import { MeshError } from '@devmesh/foundation';
import { listOf, objectOf, isObject, own, scalarOf, textOf, type Loose } from './json-value.ts';

/** What addresses of servers are completed with. */
export interface ServerContext {
  /** Where the document came from; relative addresses start there. */
  readonly documentUrl: string | undefined;
  /** Values of variables in place of their defaults. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The absolute address of the first usable server of a list, its variables replaced by the values given or their
 * defaults, relative addresses resolved against where the document came from; undefined where none can be called.
 */
export function serverAddress(servers: unknown, { documentUrl, variables }: ServerContext): string | undefined {
  for (const server of listOf(servers)) {
    const address = isObject(server) ? absolute(fillVariables(server, variables), documentUrl) : undefined;
    if (address !== undefined) return address;
  }
  return undefined;
}

/** A base address without its trailing slash, query and fragment; undefined for anything but http and https. */
export function absolute(text: string, base: string | undefined): string | undefined {
  // A variable without a value, which WHATWG URLs would take for part of the host.
  if (/[{}]/u.test(text) || !URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/u, '');
}

function fillVariables(server: Loose, given: Readonly<Record<string, string>>): string {
  const variables = objectOf(server['variables']);
  return (textOf(server['url']) ?? '').replaceAll(/\{([^{}]+)\}/gu, (whole, name: string) => {
    const variable = objectOf(own(variables, name));
    const value = Object.hasOwn(given, name) ? given[name] : (variable['default'] ?? listOf(variable['enum'])[0]);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
}

/** Throws `invalid_request` for values that no server of the document takes. */
export function checkVariables(servers: unknown, given: Readonly<Record<string, string>>): void {
  const declared = listOf(servers).map((server) => objectOf(objectOf(server)['variables']));
  for (const [name, value] of Object.entries(given)) {
    const variables = declared.flatMap((of) => (isObject(own(of, name)) ? [of[name]] : []));
    if (variables.length === 0) throw wrong(name, 'is no variable of a server of the document');
    const choices = variables.flatMap((variable) => listOf(objectOf(variable)['enum'])).map(scalarOf);
    if (choices.length > 0 && !choices.includes(value)) {
      throw wrong(name, `must be one of ${choices.slice(0, 20).join(', ')}`);
    }
  }
}

function wrong(name: string, problem: string): MeshError {
  const message = `The server variable "${name.slice(0, 60)}" ${problem}.`;
  return new MeshError('invalid_request', message, {
    issues: [{ path: `body.serverVariables.${name}`, message: problem }],
  });
}
