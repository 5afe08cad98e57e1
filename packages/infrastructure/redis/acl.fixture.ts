import { readFileSync } from 'node:fs';

/** The permissions that docs/architecture.md lists for the user of Redis, one word each. */
export function documentedPermissions(): readonly string[] {
  const text = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
  const block = /```acl\n([^`]*)```/u.exec(text)?.[1];
  if (block === undefined) throw new Error('docs/architecture.md lists no permissions.');
  return block.split(/\s+/u).filter((word) => word !== '');
}
