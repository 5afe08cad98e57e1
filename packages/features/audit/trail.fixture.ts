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
  write(tenantId: string, count: number, action?: string, days?: number): Promise<void>;
  /** Removes what a cut covers, as retention does. */
  remove(): Promise<void>;
  seal(more?: Partial<SealerOptions>): Promise<SealedRound>;
  /** The text of an export of everything that was written until now; its own line may come after its end. */
  export(tenantId: string, range?: { fromSeq?: number; from?: string; to?: string }): Promise<string>;
  /** Every link with its line's action, by place. */
  links(tenantId: string): Promise<readonly { seq: number; action: string | null }[]>;
  close(): Promise<void>;
}

/** Opens a database with trails, or puts them into an open one. */
export async function openTrails(opened?: Database): Promise<Trails> {
  const database = opened ?? (await openTestDatabase());
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
    write: async (tenantId, count, action = 'tasks.create', days = 0) => {
      for (let one = 0; one < count; one += 1) {
        await database.tenant(tenantId, (tx) => audit.record(tx, { ...factOf(one, action), id: idOf(days) }));
      }
    },
    remove: () =>
      database.system('retention', async (tx) => {
        await sql`delete from mcp.audit_log`.execute(tx);
        await sql`delete from mcp.audit_chain`.execute(tx);
      }),
    seal: (more) => sealAll({ ...options, ...more }, new AbortController().signal),
    export: async (tenantId, range = {}) => {
      let text = '';
      await settle(options, tenantId);
      for await (const line of proof.export(tenantId, { actor: 'key:test', ...range })) text += line;
      return text;
    },
    links: (tenantId) => database.tenant(tenantId, selectLinks),
    close: () => database.close(),
  };
}

/** Seals until nothing is left: on a server, a transaction of another database can hold it up for a moment. */
async function settle(options: SealerOptions, tenantId: string): Promise<void> {
  for (let unsealed = true; unsealed;) {
    await sealAll(options, new AbortController().signal);
    unsealed = await options.database.tenant(tenantId, hasUnsealed);
  }
}

async function hasUnsealed(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ unsealed: boolean }>`
    select exists (
      select from mcp.audit_log as line
      where not exists (select from mcp.audit_chain as link where link.entry_id = line.id)
    ) as unsealed`.execute(tx);
  return rows[0]?.unsealed === true;
}

/** The id of a line that is so many days old. */
function idOf(days: number): string {
  const time = (Date.now() - days * 86_400_000).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}${newId().slice(13)}`;
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
