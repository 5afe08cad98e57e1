import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import { actorOf, type Principal } from '../../identity/index.ts';
import { deletePin, insertPin, selectPins } from './store-pins.ts';

interface PinOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  /** Does work after which lists are to be read anew. */
  readonly change: <Result>(tenantId: string, work: () => Promise<Result>) => Promise<Result>;
  /** Throws `not_found` for a tool that the principal may not call. */
  readonly requireTool: (principal: Principal, name: string) => Promise<unknown>;
}

/** Tools that clients see beside the meta tools. */
export interface ToolPins {
  /** Their names, in order. */
  list(principal: Principal): Promise<readonly string[]>;
  pin(principal: Principal, name: string): Promise<void>;
  unpin(principal: Principal, name: string): Promise<void>;
}

/** A list that is longer is no shorter than what it is to replace. */
const mostPins = 100;

/** Builds it. */
export function createToolPins({ database, audit, events, change, requireTool }: PinOptions): ToolPins {
  return {
    list: ({ tenantId }) => database.tenant(tenantId, selectPins),
    pin: async (principal, name) => {
      await requireTool(principal, name);
      const { tenantId } = principal;
      await change(tenantId, () =>
        database.tenant(tenantId, async (tx) => {
          if (!(await insertPin(tx, name))) return;
          if ((await selectPins(tx)).length > mostPins) {
            throw new MeshError('conflict', `${String(mostPins)} tools are pinned already; unpin one first.`);
          }
          await audit.record(tx, { actor: actorOf(principal), action: 'tools.pin', subject: name });
          await tellChange(events, tx, name);
        }),
      );
    },
    unpin: async (principal, name) => {
      const { tenantId } = principal;
      await change(tenantId, () =>
        database.tenant(tenantId, async (tx) => {
          if (!(await deletePin(tx, name))) throw new MeshError('not_found', `There is no pinned tool ${name}.`);
          await audit.record(tx, { actor: actorOf(principal), action: 'tools.unpin', subject: name });
          await tellChange(events, tx, name);
        }),
      );
    },
  };
}

/** Sessions of the meta endpoint list what is pinned. */
function tellChange(events: PinOptions['events'], tx: Tx, name: string): Promise<void> {
  const summary = `The pinned tools changed: ${name}`;
  return events.publish(tx, { type: 'tool.changed', subjectId: name, summary, data: {} });
}
