import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readUpload } from './tools-import.ts';

describe('an import from files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-import-'));
    for (const part of ['schemas', '.git', 'node_modules']) await mkdir(join(folder, part));
    const files = ['openapi.yaml', 'schemas/pet.json', 'readme.md', '.git/x.json', 'node_modules/x.json', 'b.yml'];
    for (const file of files) await writeFile(join(folder, file), `of ${file}`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('sends the document alone', async () => {
    expect(await readUpload(join(folder, 'openapi.yaml'), false)).toEqual({ document: 'of openapi.yaml' });
  });

  it('sends the JSON and YAML files of its folder where they are wanted, and nothing hidden', async () => {
    expect(await readUpload(join(folder, 'openapi.yaml'), true)).toEqual({
      document: 'of openapi.yaml',
      documentPath: 'openapi.yaml',
      files: { 'schemas/pet.json': 'of schemas/pet.json', 'b.yml': 'of b.yml' },
    });
  });

  it('names the file that cannot be read', async () => {
    await expect(readUpload(join(folder, 'gone.yaml'), false)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('gone.yaml') as string,
    });
  });
});
