import type { DevopsState } from '../state.ts';
import type { Ago } from './ago.ts';
import { comments } from './comments.ts';
import { deployments } from './deployments.ts';
import { incidents, timelines } from './incidents.ts';
import { issues } from './issues.ts';
import { services } from './services.ts';

/** Acme's data as it is at the start: a small shop after a busy week. */
export function seed(now: number): DevopsState {
  const ago: Ago = (minutes) => new Date(now - minutes * 60_000).toISOString();
  return {
    services: byId(services),
    issues: byId(issues(ago)),
    comments: byId(comments(ago)),
    deployments: byId(deployments(ago)),
    incidents: byId(incidents(ago)),
    timelines: new Map(Object.entries(timelines(ago))),
    rememberedAnswers: new Map(),
    lastNumbers: { ISS: 1006, CMT: 5003, DEP: 2006, INC: 302 },
  };
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}
