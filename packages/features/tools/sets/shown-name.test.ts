import { describe, expect, it } from 'vitest';
import { bareNameOf, shownName } from './shown-name.ts';
import type { SetCandidate, ToolSetDefinition } from './tool-set.ts';

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };
const tool = (name: string, service: string): SetCandidate => ({ name, service, tags: [], annotations });
const set: ToolSetDefinition = {
  title: '',
  description: '',
  include: [{}],
  pinned: [],
  excluded: [],
  platformTools: true,
  unprefixed: true,
};

describe('the name under which a set shows a tool', () => {
  it('is never one that belongs to the platform, nor nothing [tools.sets]', () => {
    expect(bareNameOf(tool('acme_devmesh_task_create', 'acme'))).toBeUndefined();
    expect(bareNameOf(tool('acme_', 'acme'))).toBeUndefined();
    expect(bareNameOf(tool('renamed', 'acme'))).toBeUndefined();
    const posing = tool('acme_devmesh_task_create', 'acme');
    expect(shownName(set, posing, [posing])).toBe('acme_devmesh_task_create');
  });

  it('is the whole one where another tool of the set is called by the rest of it [tools.sets]', () => {
    const one = tool('acme_echo', 'acme');
    const renamed = tool('echo', 'other');
    expect(shownName(set, one, [one, renamed])).toBe('acme_echo');
    expect(shownName({ ...set, excluded: ['echo'] }, one, [one, renamed])).toBe('echo');
  });
});
