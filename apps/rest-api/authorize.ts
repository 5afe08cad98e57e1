import { allows, type Operation } from '@devmesh/api';
import { actorOf, type Audit, type Principal } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';

interface AuthorizeOptions {
  readonly database: Database;
  readonly audit: Audit;
}

/** Lets a principal pass to an operation, or puts the denial on record and throws `forbidden`. */
export async function authorize(options: AuthorizeOptions, operation: Operation, principal: Principal): Promise<void> {
  if (allows(principal.scopes, operation.scope)) return;
  await options.database.tenant(principal.tenantId, (tx) =>
    options.audit.record(tx, {
      actor: actorOf(principal),
      action: operation.id,
      subject: operation.path,
      outcome: 'denied',
      detail: { missing: operation.scope },
    }),
  );
  throw new MeshError('forbidden', `This ${principal.keyType} key lacks the scope ${operation.scope}.`);
}
