import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a command must never show. */
export const canary = 'canary-7f3a91c2-outside-the-jail';

/** A jail with repositories that bite, and a folder beside it that nobody may see or change. */
export interface TestJail {
  readonly root: string;
  readonly outside: string;
  /** What lies outside and when it was changed; it stays the same. */
  outsideNow(): string;
  remove(): void;
}

const settings: Readonly<Record<string, (outside: string) => string>> = {
  filtered: (out) => `[filter "x"]\n\tclean = touch ${out}/canary-made; cat\n`,
  diffed: (out) => `[diff]\n\texternal = touch ${out}/canary-made\n`,
  monitored: (out) => `[core]\n\tfsmonitor = touch ${out}/canary-made\n`,
  included: (out) => `[include]\n\tpath = ${out}/secret\n`,
  signed: (out) => `[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${out}/evil\n`,
  treed: (out) => `[core]\n\tworktree = ${out}\n`,
  split: (out) => `[user]\n\tname = x\\\n[core]\n\tfsmonitor = touch ${out}/canary-made\n`,
};

/** Git reads, and filters, a changed file only where its length does not tell already. */
const sameLength = 'edited\n';

/** Makes a jail in a folder of its own. */
export function makeJail(): TestJail {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'devmesh-jail-')));
  const [root, outside] = [join(base, 'jail'), join(base, 'outside')];
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), `[x]\n\ty = ${canary}\n`);
  writeFileSync(join(outside, 'evil.test.mjs'), `import 'node:fs'; console.log('${canary}');`);
  repository(outside, canary);
  repository(root, 'inside');
  writeFileSync(join(root, 'evil.sh'), `#!/bin/sh\ntouch ${outside}/canary-made\n`, { mode: 0o755 });
  writeFileSync(join(root, 'evil.cjs'), `require('fs').writeFileSync('${outside}/canary-made', '')`);
  symlinkSync(join(outside, 'secret'), join(root, 'link'));
  symlinkSync('link', join(root, 'link2'));
  symlinkSync(outside, join(root, 'out'));
  symlinkSync(join(outside, 'canary-made'), join(root, 'dangling'));
  for (const [name, text] of Object.entries(settings)) {
    repository(join(root, name), 'inside');
    writeFileSync(join(root, name, '.gitattributes'), '* filter=x diff=x\n');
    writeFileSync(join(root, name, 'file.txt'), sameLength);
    writeFileSync(join(root, name, '.git/config'), text(outside), { flag: 'a' });
  }
  mkdirSync(join(root, 'linked'));
  writeFileSync(join(root, 'linked/.git'), `gitdir: ${outside}/.git\n`);
  repository(join(root, 'borrowing'), 'inside');
  writeFileSync(join(root, 'borrowing/.git/objects/info/alternates'), `${outside}/.git/objects\n`);
  copyFileSync(join(outside, '.git/refs/heads/main'), join(root, 'borrowing/.git/refs/heads/main'));
  repository(join(root, 'hooked'), 'inside');
  for (const hook of ['post-index-change', 'pre-commit', 'fsmonitor-watchman', 'post-checkout']) {
    writeFileSync(join(root, 'hooked/.git/hooks', hook), `#!/bin/sh\ntouch ${outside}/canary-made\n`, { mode: 0o755 });
  }
  return { root, outside, outsideNow: () => stateOf(outside), remove: () => rmSync(base, { recursive: true }) };
}

function repository(folder: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'file.txt'), `${text}\n`);
  const environment = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: folder,
      env: environment,
    });
  };
  git('init', '-q', '-b', 'main');
  mkdirSync(join(folder, '.git/hooks'), { recursive: true });
  git('add', 'file.txt');
  git('commit', '-q', '-m', text);
}

function stateOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const found = statSync(join(folder, name));
      return found.isFile() ? `${name} ${String(found.mtimeMs)} ${readFileSync(join(folder, name), 'hex')}` : name;
    })
    .join('\n');
}
