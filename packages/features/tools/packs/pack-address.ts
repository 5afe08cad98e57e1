import { MeshError } from '@devmesh/foundation';
import type { Pack } from './pack.ts';

/** Where the calls of an instance go: the given address as the provider wants it, or the provider's own. */
export function packBaseUrl({ title, address }: Pack, given: string | undefined): string {
  if (given !== undefined) {
    const plain = given.replace(/[?#].*$/su, '').replace(/\/+$/u, '');
    const { append = '' } = address;
    return plain.endsWith(append) ? plain : `${plain}${append}`;
  }
  if (address.cloud !== undefined) return address.cloud;
  throw new MeshError('invalid_request', `${title} runs at an address of your own; give it as baseUrl.`, {
    issues: [{ path: 'body.baseUrl', message: `give the address of your instance, e.g. ${address.instance ?? ''}` }],
  });
}
