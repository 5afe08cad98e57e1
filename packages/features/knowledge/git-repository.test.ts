import { chmod, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { listFiles, parseBlobs, parseTree, readBlobs, readHead } from './git-repository.ts';
import { createRepository } from './knowledge.fixture.ts';
import { resolveRepository } from './repository-folder.ts';

describe('git repositories', () => {
  let root: string;
  let elsewhere: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'devmesh-git-')));
    elsewhere = await realpath(await mkdtemp(join(tmpdir(), 'devmesh-elsewhere-')));
  });
  afterAll(async () => {
    await rm(root, { recursive: true, force: true });
    await rm(elsewhere, { recursive: true, force: true });
  });

  it('reads every file of a commit back as it was committed', async () => {
    const bytes = fc.uint8Array({ maxLength: 3000 });
    const trees = fc.dictionary(fc.stringMatching(/^[a-zé ]{1,12}\.[a-z]{1,3}$/u), bytes, {
      minKeys: 1,
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        const { folder } = await createRepository(root, tree);
        const { commit, branch } = await readHead(folder);
        const files = await listFiles(folder, commit);
        const blobs = await readBlobs(
          folder,
          files.map((file) => file.blobSha),
        );
        const read = files.map(({ path, blobSha, bytes: size }) => [path, size, [...(blobs.get(blobSha) ?? [])]]);
        const committed = Object.entries(tree).map(([path, content]) => [path, content.length, [...content]]);
        expect(branch).toBe('main');
        expect(new Map(read.map((file) => [file[0], file]))).toEqual(new Map(committed.map((file) => [file[0], file])));
      }),
      { numRuns: 10 },
    );
  });

  it('parses whatever bytes come without failing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(Array.isArray(parseTree(Buffer.from(bytes)))).toBe(true);
        expect(parseBlobs(Buffer.from(bytes)).size).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('runs no program that the configuration of a repository names', async () => {
    const repository = await createRepository(root, {
      'a.txt': 'secret text',
      '.gitattributes': '*.txt filter=evil diff=evil',
    });
    const trace = join(repository.folder, 'it-ran');
    const evil = join(repository.folder, 'evil.sh');
    await writeFile(evil, `#!/bin/sh\ntouch '${trace}'\ncat\n`);
    await chmod(evil, 0o755);
    const keys = ['core.fsmonitor', 'core.pager', 'core.sshCommand', 'filter.evil.smudge', 'filter.evil.clean'];
    for (const key of [...keys, 'diff.evil.textconv', 'uploadpack.packObjectsHook'])
      repository.git('config', key, evil);
    repository.git('config', 'core.hooksPath', repository.folder);
    const { commit } = await readHead(repository.folder);
    const files = await listFiles(repository.folder, commit);
    const blobs = await readBlobs(
      repository.folder,
      files.map((file) => file.blobSha),
    );
    expect([...blobs.values()].map(String)).toContain('secret text');
    expect(existsSync(trace)).toBe(false);
  });

  it('says so when an object is missing instead of fetching it', async () => {
    const repository = await createRepository(root, { 'a.txt': 'text' });
    await expect(readBlobs(repository.folder, ['1'.repeat(40)])).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('says so when there is no commit yet', async () => {
    const repository = await createRepository(root, { 'a.txt': 'text' });
    repository.git('checkout', '--quiet', '--orphan', 'empty');
    await expect(readHead(repository.folder)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('a detached HEAD has a commit and no branch', async () => {
    const repository = await createRepository(root, { 'a.txt': 'text' });
    repository.git('checkout', '--quiet', '--detach');
    const commit = repository.git('rev-parse', 'HEAD').trim();
    expect(await readHead(repository.folder)).toEqual({ commit, branch: undefined });
  });

  describe('resolveRepository', () => {
    const codeOf = async (path: string, roots = [root]) =>
      resolveRepository(path, roots).then(
        (folder) => folder,
        (error: unknown) => (error as { code: string }).code,
      );

    it('gives the real folder, also through a link that stays inside', async () => {
      const { folder } = await createRepository(root, { 'a.txt': 'text' });
      const link = join(root, 'inner-link');
      await symlink(folder, link);
      expect([await codeOf(folder), await codeOf(link), await codeOf(`${folder}/`)]).toEqual([folder, folder, folder]);
    });

    it('takes a linked work tree whose repository lies inside', async () => {
      const repository = await createRepository(root, { 'a.txt': 'text' });
      const { folder } = repository;
      repository.git('worktree', 'add', '--quiet', `${folder}-tree`);
      expect(await codeOf(`${folder}-tree`)).toBe(`${folder}-tree`);
    });

    it('refuses what lies outside, directly, through a link, through .., or by its objects', async () => {
      const outside = await createRepository(elsewhere, { 'a.txt': 'text' });
      const link = join(root, 'outer-link');
      await symlink(outside.folder, link);
      outside.git('worktree', 'add', '--quiet', join(root, 'borrowed-objects'));
      const paths = [
        outside.folder,
        link,
        `${root}/../${outside.folder.slice(1)}`,
        join(root, 'borrowed-objects'),
        `${root}-sibling`,
        join(elsewhere, 'does not exist'),
        '/',
      ];
      for (const path of paths) expect([path, await codeOf(path)]).toEqual([path, 'forbidden']);
    });

    it('tells a missing folder from one that is not the top of a work tree', async () => {
      const repository = await createRepository(root, { 'sub/a.txt': 'text' });
      const plain = await mkdtemp(join(root, 'plain-'));
      expect(await codeOf(join(root, 'nowhere'))).toBe('not_found');
      for (const path of [plain, join(repository.folder, 'sub'), join(repository.folder, '.git'), root]) {
        expect([path, await codeOf(path)]).toEqual([path, 'invalid_request']);
      }
      expect(await codeOf(join(repository.folder, 'sub', 'a.txt'))).toBe('invalid_request');
    });
  });
});
