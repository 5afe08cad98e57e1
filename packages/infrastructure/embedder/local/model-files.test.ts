import { expect, test } from 'vitest';
import { readWeights, verified } from './model-files.ts';

test('weights that are not the pinned file are refused [embedder.pinned]', () => {
  expect(() => verified('model.fp16.safetensors', Buffer.from('other weights'))).toThrow(/is not the pinned file/);
});

test('the installed weights are the pinned ones, and half floats become the numbers they stand for', async () => {
  const weights = await readWeights();
  const scale = weights.floats('embeddings.LayerNorm.weight');
  expect(scale).toHaveLength(384);
  expect(scale.every((value) => value > 0 && value < 2)).toBe(true);
  expect(() => weights.floats('no.such.tensor')).toThrow('no.such.tensor');
});
