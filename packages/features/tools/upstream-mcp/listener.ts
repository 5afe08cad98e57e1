import { MeshError } from '@devmesh/foundation';
import { upstreamBounds } from './bounds.ts';
import { cleanText } from './clean-text.ts';
import type { Listener } from './connection.ts';
import type { CallExchange, CallProgress } from './exchange.ts';

/** What of a server reaches the client of one call: no more of anything than the bounds allow. */
export function createListener(
  exchange: CallExchange,
): Listener & { readonly progress: (progress: CallProgress) => void } {
  let notices = 0;
  let asked = 0;
  let asking = 0;
  const heard = (): boolean => {
    notices += 1;
    return notices <= upstreamBounds.noticesPerCall;
  };
  return {
    progress: ({ progress, total, message }) => {
      if (!heard()) return;
      exchange.progress({ progress, total, ...(message === undefined ? {} : { message: cleanText(message, 1_000) }) });
    },
    log: (message) => {
      if (heard() && JSON.stringify(message).length <= 65_536) exchange.log(message);
    },
    elicited: (elicitationId) => {
      if (heard() && elicitationId.length <= 256) exchange.elicited(elicitationId);
    },
    ask: async (method, params, signal) => {
      asked += 1;
      if (asked > upstreamBounds.requestsPerCall || asking >= upstreamBounds.requestsAtOnce) {
        throw new MeshError('rate_limited', 'The server asks its client too much during one call.');
      }
      asking += 1;
      try {
        return await exchange.ask(method, params, signal);
      } finally {
        asking -= 1;
      }
    },
  };
}
