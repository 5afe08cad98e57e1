import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allOperations } from '@devmesh/api';
import { describe, expect, it } from 'vitest';

/** Operations that are recorded as what they do to each thing, under the id of the operation for one. */
const recordedAs: Readonly<Record<string, string>> = {
  'connections.confirm': 'connections.callback',
  'identity.createOwnKey': 'identity.createKey',
  'identity.rotateOwnKey': 'identity.rotateKey',
  'identity.revokeOwnKey': 'identity.revokeKey',
  'tools.readExposedResource': 'tools.call',
  'users.disable': 'users.setStatus',
  'users.enable': 'users.setStatus',
  'webhooks.replayRange': 'webhooks.startReplay',
  'webhooks.redriveMany': 'webhooks.redrive',
};

/** Operations that are no GET and leave no entry, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'commands.allowed': 'changes nothing: it tells which commands somebody may run',
  'automation.testRules': 'changes nothing: it tells what rules would do',
  'tools.previewRules': 'changes nothing: it tells what route rules would make of operations',
  'policy.check': 'changes nothing: it tells what a policy would mean',
  'policy.explain': 'changes nothing: it tells what was decided and why',
  'prompts.render': 'changes nothing: it fills in what can be read',
  'prompts.complete': 'changes nothing: it tells how an argument could go on',
  'upstreams.complete': 'changes nothing: it asks how an argument could go on',
  'upstreams.answer': 'is a part of the call of a tool, which has an entry',
  'notifications.markRead': 'tells that somebody has read a notice, which is kept with it',
  'sessions.open': 'a session is no authentication: it holds what a gateway needs to find a client again',
  'sessions.close': 'ends what a gateway holds for its own client; ending that of another is sessions.revoke',
  'sessions.refresh': 'keeps a session from ending; what is done in it is audited',
  'signIn.startProvider': 'nobody has signed in yet: the entry comes with signIn.finishProvider',
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
  const writing = allOperations.filter(({ method }) => method !== 'GET').map(({ id }) => id);
  const silent = writing.filter((id) => !recorded.has(recordedAs[id] ?? id));

  it('is recorded by the feature that does it, but for those whose reason is listed [audit.every-write]', () => {
    expect(writing.length).toBeGreaterThan(40);
    expect(silent.filter((id) => !Object.hasOwn(exceptions, id))).toEqual([]);
  });

  it('has no exception, and no other name, that it does not need', () => {
    const listed = [...Object.keys(exceptions), ...Object.keys(recordedAs)];
    expect(listed.filter((id) => !writing.includes(id))).toEqual([]);
    expect(Object.keys(recordedAs).filter((id) => recorded.has(id))).toEqual([]);
  });
});
