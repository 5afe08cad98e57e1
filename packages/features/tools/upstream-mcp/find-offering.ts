import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { nameTools } from '../naming/tool-names.ts';
import type { ListedPrompt } from './listed.ts';
import { isOwnPrompt, isOwnUri, type OfferingView } from './offering-view.ts';
import { selectPromptsOf, selectUriOwners } from './store-offerings.ts';
import { fitsTemplate } from './template.ts';
import { isWrapped, unwrapUri } from './uris.ts';

/** A prompt, and whose it is. */
export interface FoundPrompt {
  readonly service: string;
  readonly prompt: ListedPrompt;
}

/** A resource or a template, as its server calls it. */
export interface FoundUri {
  readonly service: string;
  readonly uri: string;
}

/** `<service>_<prompt>`, the same every time. */
export function promptName(service: string, name: string): string {
  return nameTools(service, [{ operationId: name, method: 'prompt', path: name }], new Set())[0] ?? '';
}

/** The prompt that a view shows under a name; throws `not_found` where it shows none. */
export async function findPrompt(tx: Tx, view: OfferingView, name: string): Promise<FoundPrompt> {
  const all = (await selectPromptsOf(tx, name, view.services)).flatMap(({ service, prompts }) =>
    prompts.map((prompt) => ({ service, prompt })),
  );
  const own = isOwnPrompt(view, name) ? all.filter(({ prompt }) => prompt.name === name) : [];
  const found =
    own.length === 1 ? own[0] : all.find(({ service, prompt }) => promptName(service, prompt.name) === name);
  if (found === undefined) throw new MeshError('not_found', `There is no prompt ${name}.`);
  return found;
}

/** What an address means in a view; throws `not_found` where that is nothing. */
export async function findUri(tx: Tx, view: OfferingView, uri: string): Promise<FoundUri> {
  if (view.services === undefined || isWrapped(uri)) {
    const named = unwrapUri(uri);
    if (view.services?.includes(named.service) === false) throw noResource(uri);
    return named;
  }
  const service = (await ownersOf(tx, view, [uri])).get(uri);
  if (service === undefined) throw noResource(uri);
  return { service, uri };
}

/**
 * Whose the addresses are that a view shows as their servers call them: of the one service that lists it, else of the one that has
 * a template for it, else of the only one there is. An address that could be of several is nobody's.
 */
export async function ownersOf(
  tx: Tx,
  { services = [], unprefixed }: OfferingView,
  uris: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const own = unprefixed ? uris.filter(isOwnUri) : [];
  if (own.length === 0) return new Map();
  const servers = await selectUriOwners(tx, services, own);
  const ownerOf = (uri: string): string | undefined => {
    const listing = servers.filter(({ listed }) => listed.includes(uri));
    if (listing.length > 0) return onlyOne(listing);
    const fitting = servers.filter(({ templates }) => templates.some((template) => fitsTemplate(template, uri)));
    return onlyOne(fitting.length > 0 ? fitting : servers);
  };
  return new Map(
    own.flatMap((uri) => {
      const owner = ownerOf(uri);
      return owner === undefined ? [] : [[uri, owner] as const];
    }),
  );
}

function onlyOne(servers: readonly { readonly service: string }[]): string | undefined {
  return servers.length === 1 ? servers[0]?.service : undefined;
}

function noResource(uri: string): MeshError {
  return new MeshError('not_found', `There is no resource ${uri}.`);
}
