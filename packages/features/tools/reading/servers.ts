import { listOf, objectOf, isObject, textOf, type Loose } from './json-value.ts';

/**
 * The absolute address of the first usable server of a list, its variables replaced by their defaults and relative
 * addresses resolved against where the document came from; undefined where none can be called.
 */
export function serverAddress(servers: unknown, documentUrl: string | undefined): string | undefined {
  for (const server of listOf(servers)) {
    const address = isObject(server) ? absolute(fillVariables(server), documentUrl) : undefined;
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

function fillVariables(server: Loose): string {
  const variables = objectOf(server['variables']);
  return (textOf(server['url']) ?? '').replaceAll(/\{([^{}]+)\}/gu, (whole, name: string) => {
    const variable = objectOf(Object.hasOwn(variables, name) ? variables[name] : undefined);
    const value = variable['default'] ?? listOf(variable['enum'])[0];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
}
