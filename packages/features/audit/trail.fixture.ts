import { newId, silentTelemetry, systemClock } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import { newMasterKeys, newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createVault } from '../vault/index.ts';
import { createAuditProof, type AuditProof } from './proof.ts';
import { sealAll, type SealedRound, type SealerOptions } from './sealer.ts';
import { createAudit, type Audit } from './service.ts';

/** A database with trails that are sealed when asked, and hands in it that are not the application's. */
export interface Trails {
  readonly database: Database;
  readonly audit: Audit;
  readonly proof: AuditProof;
  readonly options: SealerOptions;
  newTenant(): Promise<string>;
  /** Puts so many lines on the trail, each in a transaction of its own, of many parts. */
  write(tenantId: string, count: number, action?: string): Promise<void>;
  seal(more?: Partial<SealerOptions>): Promise<SealedRound>;
  /** The text of an export. */
  export(tenantId: string, range?: { fromSeq?: number; from?: string; to?: string }): Promise<string>;
  /** Every link with its line's action, by place. */
  links(tenantId: string): Promise<readonly { seq: number; action: string | null }[]>;
  close(): Promise<void>;
}

/** Opens a database with trails. */
export async function openTrails(): Promise<Trails> {
  const database = await openTestDatabase();
  const vault = createVault({ masterKeys: newMasterKeys() });
  const telemetry = silentTelemetry;
  const audit = createAudit({ database, newId, tracer: telemetry.tracer });
  const options: SealerOptions = { database, vault, telemetry, clock: systemClock };
  const proof = createAuditProof({ ...options, audit });
  return {
    database,
    audit,
    proof,
    options,
    newTenant: () => newTenant(database),
    write: async (tenantId, count, action = 'tasks.create') => {
      for (let one = 0; one < count; one += 1) {
        await database.tenant(tenantId, (tx) => audit.record(tx, factOf(one, action)));
      }
    },
    seal: (more) => sealAll({ ...options, ...more }, new AbortController().signal),
    export: async (tenantId, range = {}) => {
      let text = '';
      for await (const line of proof.export(tenantId, { actor: 'key:test', ...range })) text += line;
      return text;
    },
    links: (tenantId) => database.tenant(tenantId, selectLinks),
    close: () => database.close(),
  };
}

function factOf(one: number, action: string) {
  return {
    actor: { name: `agent:${newId()}`, userId: newId(), agentId: newId(), keyId: newId() },
    action,
    subject: `subject ${String(one)} "é" \u2028`,
    outcome: one % 3 === 0 ? ('denied' as const) : ('allowed' as const),
    rule: one % 3 === 0 ? 'scope:tasks:write' : undefined,
    detail: { 10: one, 9: [1.5, null, true], nested: { b: 'x\u0001', a: one * 1e21 } },
  };
}

async function selectLinks(tx: Tx): Promise<readonly { seq: number; action: string | null }[]> {
  const { rows } = await sql<{ seq: number; action: string | null }>`
    select link.seq, line.action from mcp.audit_chain as link
    left join mcp.audit_log as line on line.tenant_id = link.tenant_id and line.id = link.entry_id
    order by link.seq`.execute(tx);
  return rows;
}
