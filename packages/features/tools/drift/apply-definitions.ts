import { setImmediate as pause } from 'node:timers/promises';
import type { Tx } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import type { Notifications } from '../../notifications/index.ts';
import { definitionOf, pinOf, type Definition } from '../definitions/definition.ts';
import { replaceDefinitions } from '../definitions/replace-definitions.ts';
import { selectBase, selectKnown, type KnownDefinition } from '../definitions/store-definitions.ts';
import type { ReadTool } from '../reading/reader-messages.ts';
import { compareDefinitions, verdictOf, type Finding } from './compare-definitions.ts';
import { deleteDrift, selectDrift, upsertDrift, type DriftRow, type NewDrift } from './store-drift.ts';
import { selectRefresh } from './store-refreshes.ts';

/** What applying definitions tells. */
export interface ApplyParts {
  readonly audit: Audit;
  readonly events: Pick<Events, 'publish'>;
  /** Absent: only the feed tells. */
  readonly notifications?: Pick<Notifications, 'notifyIn'> | undefined;
}

type AuditEntry = Parameters<Audit['record']>[1];

interface Applying {
  readonly tool: { readonly id: string; readonly name: string };
  /** All that the service offers now. */
  readonly base: readonly ReadTool[];
  /** Who made it look. */
  readonly actor: AuditEntry['actor'];
  /** Where the service's calls go: tools that are added elsewhere are held. */
  readonly baseUrl: string;
}

/** What became of what a service offers. */
export interface Applied {
  readonly outcome: 'unchanged' | 'applied' | 'waiting';
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Changes that wait. */
  readonly waiting: number;
}

/**
 * Takes over what a service offers now: what is compatible at once, what breaks callers when its time has come, what only a
 * person can judge when somebody accepts it. Until then calls use the definitions that they used. Within `catalogue.change`.
 */
export async function applyDefinitions(parts: ApplyParts, tx: Tx, applying: Applying): Promise<Applied> {
  const { tool, base, actor } = applying;
  const before = new Map((await selectDrift(tx, tool.id)).map((row) => [row.key, row]));
  const sorted = await sort(tx, applying, before);
  const replaced = await replaceDefinitions(tx, { tool, base: sorted.chosen });
  const waiting = new Set(sorted.waiting.map(({ key }) => key));
  const over = [...before.keys()].filter((key) => !waiting.has(key));
  await deleteDrift(tx, tool.id, over);
  const fresh = sorted.waiting.filter(({ key, pin, change }) => !isSameOffer(before.get(key), { pin, change }));
  const graceHours = (await selectRefresh(tx, tool.id))?.graceHours ?? 168;
  await upsertDrift(tx, tool.id, { rows: fresh, graceHours });
  const { added, changed, removed } = replaced;
  const touched = added + changed + removed > 0;
  const outcome = touched ? 'applied' : waiting.size > 0 ? 'waiting' : 'unchanged';
  const applied: Applied = { outcome, added, changed, removed, waiting: waiting.size };
  if (touched || fresh.length > 0) await tell(parts, tx, { tool, actor, applied, fresh, offered: base.length });
  return applied;
}

type Offer = Pick<NewDrift, 'pin' | 'change'>;

function isSameOffer(row: DriftRow | undefined, { pin, change }: Offer): boolean {
  return row !== undefined && row.offeredPin === pin && row.change === change;
}

interface Sorted {
  /** What calls use from now on. */
  readonly chosen: readonly ReadTool[];
  readonly waiting: readonly NewDrift[];
}

async function sort(tx: Tx, applying: Applying, before: ReadonlyMap<string, DriftRow>): Promise<Sorted> {
  const known = new Map((await selectKnown(tx, applying.tool.id)).map((row) => [row.key, row]));
  const { same, changed, added } = await split(applying.base, known);
  const keys = new Set(applying.base.map(({ key }) => key));
  const removed = [...known.values()].filter(({ key }) => !keys.has(key));
  const stored = await storedOf(tx, applying.tool.id, [
    ...changed.map(({ tool }) => tool.key),
    ...removed.map(({ key }) => key),
  ]);
  const chosen = [...same];
  const waiting: NewDrift[] = [];
  const settle = (
    drift: NewDrift,
    { now, old }: { readonly now?: ReadTool; readonly old?: ReadTool | undefined },
  ): void => {
    const row = before.get(drift.key);
    const due = isSameOffer(row, drift) && row?.due === true;
    const kept = due ? now : old;
    if (kept !== undefined) chosen.push(kept);
    if (!due) waiting.push(drift);
  };
  for (const { tool, pin } of changed) {
    const old = stored.get(tool.key);
    const definition = definitionOf(tool);
    const findings = old === undefined ? [] : compareDefinitions(definitionOf(old), definition);
    const kind = verdictOf(findings);
    if (old === undefined || kind === 'same' || kind === 'compatible') chosen.push(tool);
    else settle({ ...nameOf(known, tool), change: 'changed', kind, findings, definition, pin }, { now: tool, old });
    await pause();
  }
  for (const { key, name } of removed) {
    const findings: readonly Finding[] = [{ kind: 'breaking', at: 'definition', change: 'is not offered any more' }];
    settle(
      { key, name, change: 'removed', kind: 'breaking', findings, definition: undefined, pin: null },
      { old: stored.get(key) },
    );
  }
  const hosts = hostsOf(applying.baseUrl, known.size === 0 ? applying.base : [...same, ...stored.values()]);
  for (const { tool, pin } of added) {
    if (tool.server === null || hosts.has(hostOf(tool.server))) chosen.push(tool);
    else waiting.push(elsewhere(tool, pin));
  }
  return { chosen, waiting };
}

interface Pinned {
  readonly tool: ReadTool;
  readonly pin: string;
}

async function split(base: readonly ReadTool[], known: ReadonlyMap<string, KnownDefinition>) {
  const same: ReadTool[] = [];
  const changed: Pinned[] = [];
  const added: Pinned[] = [];
  for (const [index, tool] of base.entries()) {
    if (index % 20 === 19) await pause();
    const pin = pinOf(tool);
    const stored = known.get(tool.key);
    if (stored === undefined) added.push({ tool, pin });
    else if (stored.pin === pin) same.push(tool);
    else changed.push({ tool, pin });
  }
  return { same, changed, added };
}

async function storedOf(tx: Tx, toolId: string, keys: readonly string[]): Promise<ReadonlyMap<string, ReadTool>> {
  const rows = keys.length === 0 ? [] : await selectBase(tx, toolId, keys);
  return new Map(rows.map(({ tool }) => [tool.key, tool]));
}

function nameOf(known: ReadonlyMap<string, KnownDefinition>, { key, name }: ReadTool): Pick<NewDrift, 'key' | 'name'> {
  return { key, name: known.get(key)?.name ?? name };
}

function elsewhere(tool: ReadTool, pin: string): NewDrift {
  const findings: readonly Finding[] = [
    { kind: 'held', at: 'server', change: `is ${tool.server ?? ''}, which is new` },
  ];
  const definition: Definition = definitionOf(tool);
  return { key: tool.key, name: tool.name, change: 'added', kind: 'held', findings, definition, pin };
}

function hostsOf(baseUrl: string, tools: readonly ReadTool[]): ReadonlySet<string> {
  return new Set([baseUrl, ...tools.flatMap(({ server }) => server ?? [])].map(hostOf));
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}

interface Telling {
  readonly tool: Applying['tool'];
  readonly actor: AuditEntry['actor'];
  readonly applied: Applied;
  readonly fresh: readonly NewDrift[];
  readonly offered: number;
}

async function tell({ audit, events, notifications }: ApplyParts, tx: Tx, telling: Telling): Promise<void> {
  const { tool, actor, applied, fresh } = telling;
  const { added, changed, removed, waiting } = applied;
  const held = fresh.filter(({ kind }) => kind === 'held').length;
  const detail = { name: tool.name, added, changed, removed, waiting, held };
  await audit.record(tx, {
    actor,
    action: 'tools.drift',
    subject: tool.id,
    detail: { ...detail, pins: pinsOf(fresh) },
  });
  const summary = `${tool.name}: ${String(added)} tools added, ${String(changed)} changed, ${String(removed)} removed, ${String(waiting)} changes wait`;
  await events.publish(tx, { type: 'tool.changed', subjectId: tool.id, summary, data: detail });
  if (fresh.length === 0) return;
  await notifications?.notifyIn(tx, {
    title: `${tool.name} changed in ways that wait`,
    text: noticeText(fresh),
    severity: held > 0 ? 'warning' : 'notice',
    actor: 'system:tools',
  });
}

function pinsOf(fresh: readonly NewDrift[]): readonly object[] {
  return fresh.slice(0, 50).map(({ key, change, kind, pin }) => ({ key, change, kind, pin }));
}

function noticeText(fresh: readonly NewDrift[]): string {
  const lines = fresh.slice(0, 20).map(({ name, change, kind, findings }) => {
    const [first] = findings;
    const what = first === undefined ? change : `${first.at} ${first.change}`;
    return `- ${name}: ${change}, ${kind === 'held' ? 'held until somebody accepts it' : 'applied after the grace period'} (${what})`;
  });
  const more = fresh.length > lines.length ? [`and ${String(fresh.length - lines.length)} more.`] : [];
  return ['Calls go on with the definitions that they used.', ...lines, ...more].join('\n');
}
