import { MeshError } from '@devmesh/foundation';
import type { Authorization } from '../credentials/credential.ts';
import type { Binding, BodyBinding, ParameterBinding } from './binding.ts';
import { textOfValue, toHeader, toPairs, toPath, type Pair } from './serialize-parameter.ts';

/** A request ready for the guarded fetch. */
export interface BuiltRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Template {
  readonly method: string;
  readonly path: string;
  /** Absolute, without a slash at its end. */
  readonly server: string;
  readonly binding: Binding;
}

type Values = Readonly<Record<string, unknown>>;

/** The request of a call. Throws `invalid_request` for arguments that could lead to another place than the path names. */
export function buildRequest(template: Template, values: Values, authorization: Authorization): BuiltRequest {
  const { binding, method } = template;
  const given = (place: ParameterBinding['in']): readonly (readonly [ParameterBinding, unknown])[] =>
    binding.parameters
      .filter((parameter) => parameter.in === place && Object.hasOwn(values, parameter.argument))
      .map((parameter) => [parameter, values[parameter.argument]]);
  const pairs = [...given('query').flatMap(([parameter, value]) => toPairs(parameter, value)), ...authorization.query];
  const cookies = given('cookie').flatMap(([parameter, value]) => toPairs(parameter, value));
  const body = binding.body === undefined ? undefined : bodyOf(binding.body, values);
  return {
    method,
    url: address(template, fillPath(template.path, given('path')), pairs),
    headers: {
      accept: 'application/json, */*;q=0.5',
      ...(body === undefined ? {} : { 'content-type': binding.body?.mediaType ?? 'application/json' }),
      ...Object.fromEntries(given('header').map(([parameter, value]) => headerOf(parameter, value))),
      ...(cookies.length === 0 ? {} : { cookie: cookies.map(cookieOf).join('; ') }),
      ...authorization.headers,
    },
    ...(body === undefined ? {} : { body }),
  };
}

function fillPath(path: string, given: readonly (readonly [ParameterBinding, unknown])[]): string {
  const byName = new Map(given.map(([parameter, value]) => [parameter.name, { parameter, value }]));
  return path.replaceAll(/\{([^{}]+)\}/gu, (_whole, name: string) => {
    const found = byName.get(name);
    if (found === undefined) throw new MeshError('invalid_request', `The path needs a value for "${name}".`);
    refuseSteps(found.parameter, found.value);
    return toPath(found.parameter, found.value);
  });
}

/** Refuses what a server could read as a step to another path once it has decoded the value. */
function refuseSteps(parameter: ParameterBinding, value: unknown): void {
  const text = Array.isArray(value) ? value.map(textOfValue).join(',') : textOfValue(value);
  const steps = text.split(/[/\\]/u).some((segment) => segment === '.' || segment === '..');
  if (text !== '' && !steps) return;
  const message = text === '' ? 'must not be empty' : 'must not contain a path segment "." or ".."';
  throw refusal(parameter.argument, message);
}

function refusal(argument: string, message: string): MeshError {
  return new MeshError('invalid_request', `The argument ${argument} ${message}.`, {
    issues: [{ path: `body.arguments.${argument}`, message }],
  });
}

function address({ server, path: template }: Template, filled: string, pairs: readonly Pair[]): string {
  // Some documents tell operations of one path apart by a query or fragment in the template.
  const [location = '', fixedQuery = ''] = (filled.split('#', 1)[0] ?? '').split('?', 2);
  const path = `${server}${location.startsWith('/') ? '' : '/'}${location}`;
  const url = new URL(path);
  if (url.pathname.split('/').length !== path.split('/').length - 2) {
    throw new MeshError('invalid_request', `The arguments would lead away from the path ${template}.`);
  }
  const query = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  url.search = [fixedQuery, ...query].filter((part) => part !== '').join('&');
  return url.href;
}

// oxlint-disable-next-line no-control-regex -- control characters are exactly what may not pass
const unsendable = /[\u0000-\u0008\u000A-\u001F\u007F]|[^\u0000-\u00FF]/u;

function headerOf(parameter: ParameterBinding, value: unknown): Pair {
  const text = toHeader(parameter, value);
  if (unsendable.test(text)) {
    throw refusal(parameter.argument, 'must not contain line breaks, control characters or letters beyond Latin-1');
  }
  return [parameter.name.toLowerCase(), text];
}

function cookieOf([name, value]: Pair): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

function bodyOf(binding: BodyBinding, values: Values): string | undefined {
  if ('argument' in binding) {
    return Object.hasOwn(values, binding.argument) ? JSON.stringify(values[binding.argument]) : undefined;
  }
  const given = Object.entries(binding.properties).filter(([argument]) => Object.hasOwn(values, argument));
  return JSON.stringify(Object.fromEntries(given.map(([argument, name]) => [name, values[argument]])));
}
