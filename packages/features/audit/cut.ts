import type { Database } from '@devmesh/infrastructure';
import { startOfChain } from './chain-end.ts';
import { keepCheckpoint, type SigningOptions } from './signing.ts';
import { selectCutWithin } from './store-chain.ts';

interface CutOptions extends SigningOptions {
  readonly database: Database;
}

const linksAtOnce = 1_000;

/**
 * Signs a cut before the first link whose line is not older than a time: only what a cut covers may be removed, so that
 * what is left of a chain begins at a signed place. A line that was sealed late stays until everything before it is old.
 */
export function cutChain(options: CutOptions, tenantId: string, before: Date): Promise<void> {
  return options.database.tenant(tenantId, async (tx) => {
    const { seq: last } = await startOfChain(tx, tenantId);
    let cut = last;
    for (let more = true; more;) {
      const found = await selectCutWithin(tx, { after: cut, before, limit: linksAtOnce });
      cut = found.seq;
      more = found.more;
    }
    if (cut > last) await keepCheckpoint(options, tx, { tenantId, kind: 'cut', seq: cut });
  });
}
