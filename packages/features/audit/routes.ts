import { operations } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Actor } from './actor.ts';
import type { AuditBodies } from './bodies.ts';
import type { AuditProof } from './proof.ts';
import type { Audit } from './service.ts';
import type { AuditRow } from './store.ts';

interface AuditRoutesOptions<Who> {
  readonly audit: Audit;
  readonly auditProof: AuditProof;
  readonly auditBodies: AuditBodies;
  readonly actorOf: (principal: Who) => Actor;
}

type CallerOf = Parameters<Parameters<typeof route<typeof operations.audit.list>>[1]>[0]['principal'];

/** The routes of audit. */
export function auditRoutes(options: AuditRoutesOptions<CallerOf>): readonly Route[] {
  const { audit, auditProof, auditBodies, actorOf } = options;
  return [
    route(operations.audit.list, async ({ principal, query }) => {
      const page = await audit.list(principal.tenantId, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(operations.audit.export, ({ principal, query }) => {
      const lines = auditProof.export(principal.tenantId, { ...query, actor: actorOf(principal) });
      return firstThenStream(lines);
    }),
    route(operations.audit.verify, async ({ principal, query }) => {
      const { finding, ...part } = await auditProof.verify(principal.tenantId, query);
      return { ...part, ...(finding === undefined ? {} : { finding }) };
    }),
    route(operations.audit.checkpoint, ({ principal }) => auditProof.checkpoint(principal.tenantId)),
    route(operations.audit.listKeys, async ({ principal }) => {
      const keys = await auditProof.keys(principal.tenantId);
      return {
        items: keys.map(({ createdAt, retiredAt, ...key }) => ({
          ...key,
          createdAt: createdAt.toISOString(),
          ...(retiredAt === null ? {} : { retiredAt: retiredAt.toISOString() }),
        })),
      };
    }),
    route(operations.audit.rotateKey, ({ principal }) => auditProof.rotateKey(principal.tenantId, actorOf(principal))),
    route(operations.audit.getArguments, async ({ principal, params: { entryId } }) => {
      const body = await auditBodies.open(principal.tenantId, entryId);
      return { entryId, arguments: body as Record<string, unknown> };
    }),
  ];
}

function present(row: AuditRow) {
  const { id, at, actor, action, subject, outcome, detail, ...optional } = row;
  const told = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null));
  return { id, at: at.toISOString(), actor, action, subject, outcome, detail, ...told };
}

/** The lines as a body that is read as it is asked for; what fails before the first line is still a problem document. */
async function firstThenStream(lines: AsyncGenerator<string, void, undefined>): Promise<Response> {
  const encoder = new TextEncoder();
  const first = await lines.next();
  let held = first.done === true ? '' : first.value;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      let next = await lines.next();
      // Lines are gathered: a chunk for each would cost more than the line.
      while (next.done !== true && held.length < chunkLength) {
        held += next.value;
        next = await lines.next();
      }
      if (next.done !== true) held += next.value;
      controller.enqueue(encoder.encode(held));
      held = '';
      if (next.done === true) controller.close();
    },
    cancel: async () => {
      await lines.return();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/jsonl', 'cache-control': 'no-store' } });
}

const chunkLength = 65_536;
