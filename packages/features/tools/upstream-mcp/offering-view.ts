import type { Tx } from '@devmesh/infrastructure';
import { noToolSet } from '../sets/no-tool-set.ts';
import { selectToolSet } from '../sets/store.ts';
import { wholeServices } from '../sets/tool-set.ts';
import { wrapUri } from './uris.ts';

/** Under which names somebody sees what servers offer besides tools. */
export interface OfferingView {
  /** Of which services; undefined: of all. */
  readonly services: readonly string[] | undefined;
  /** Whether what only one of them has is called as its server calls it. */
  readonly unprefixed: boolean;
}

/** All that servers offer, under names that tell the service. */
const everything: OfferingView = { services: undefined, unprefixed: false };

/** What a tool set shows: the offerings of the services that it takes in whole. Throws `not_found` where there is no such set. */
export async function viewOf(tx: Tx, set: string | undefined): Promise<OfferingView> {
  if (set === undefined) return everything;
  const row = await selectToolSet(tx, set);
  if (row === undefined) throw noToolSet(set);
  return { services: wholeServices(row.definition), unprefixed: row.definition.unprefixed };
}

interface Named {
  readonly service: string;
  /** What its server calls it. */
  readonly own: string;
  /** Whether another service of the view has one of that name. */
  readonly shared: boolean;
}

/** The address under which a view shows a resource or a template. */
export function shownUri({ unprefixed }: OfferingView, { service, own, shared }: Named): string {
  return unprefixed && !shared && isOwnUri(own) ? own : wrapUri(service, own);
}

/** An address of a server that nobody takes for one of the platform. */
export function isOwnUri(uri: string): boolean {
  return !/^devmesh[+:]/iu.test(uri);
}

/**
 * Whether a view may show a prompt as its server calls it. A name that could be one with the name of a service before it is not:
 * it could be another prompt's.
 */
export function isOwnPrompt({ services = [], unprefixed }: OfferingView, name: string): boolean {
  return unprefixed && !['devmesh', ...services.map((service) => `${service}_`)].some((one) => name.startsWith(one));
}
