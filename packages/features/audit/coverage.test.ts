import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allOperations } from '@devmesh/api';
import { describe, expect, it } from 'vitest';

/** Operations that change something and leave no entry of their own, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'sessions.create': 'a session is no authentication: it holds what a gateway needs to find a client again',
  'sessions.refresh': 'keeps a session from ending; what is done in it is audited',
  'notifications.acknowledge': 'tells that somebody has read a notice, and is kept with it',
};

const features = fileURLToPath(new URL('..', import.meta.url));

/** The source of every feature, without its tests. */
function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(path);
    return /(?<!\.test|\.fixture|\.bench)\.ts$/u.test(entry.name) ? [readFileSync(path, 'utf8')] : [];
  });
}

describe('every operation that changes something', () => {
  const text = sources(features).join('\n');
  const recorded = new Set([...text.matchAll(/'([a-z]+(?:[A-Z][a-z]+)*\.[a-zA-Z]+)'/gu)].map(([, id]) => id));
  const writing = allOperations.filter(({ method }) => method !== 'GET');
  const silent = writing.map(({ id }) => id).filter((id) => !recorded.has(id));

  it('is recorded under its id by the feature that does it, but for those whose reason is listed [audit.every-write]', () => {
    expect(writing.length).toBeGreaterThan(40);
    expect(silent.filter((id) => !Object.hasOwn(exceptions, id))).toEqual([]);
  });

  it('has no exception that it no longer needs', () => {
    expect(Object.keys(exceptions).filter((id) => !silent.includes(id))).toEqual([]);
  });
});
