import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { encodeModel } from './onnx.ts';
import { encode, integer } from './protobuf.ts';

test('a written graph is read and computed by the ONNX runtime', async () => {
  const model = encodeModel({
    name: 'three operations',
    operatorSets: { '': 18 },
    inputs: [{ name: 'x', type: 'float32', shape: [1, 'length'] }],
    outputs: [{ name: 'y', type: 'float32', shape: [1, 'length'] }],
    constants: [{ name: 'two', type: 'float32', shape: [1], data: new Uint8Array(Float32Array.of(2).buffer) }],
    operations: [
      { operator: 'Mul', inputs: ['x', 'two'], outputs: ['doubled'] },
      { operator: 'LeakyRelu', inputs: ['doubled'], outputs: ['leaked'], floats: { alpha: 0.5 } },
      { operator: 'Softmax', inputs: ['leaked'], outputs: ['y'], integers: { axis: -1 } },
    ],
  });
  const session = await InferenceSession.create(model);
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(0, -1), [1, 2]) });
  await session.release();
  const [one, other] = Array.from(y?.data ?? [], Number);
  // Of 0 and -1: doubled, halved below zero, and the shares of e^0 and e^-1.
  expect(one).toBeCloseTo(0.731_06, 4);
  expect(other).toBeCloseTo(0.268_94, 4);
});

test.each([
  [0, [8, 0]],
  [300, [8, 0xac, 0x02]],
  [-1, [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  [2 ** 40, [8, 128, 128, 128, 128, 128, 32]],
])('the integer %i is encoded as Protocol Buffers prescribe', (value, bytes) => {
  expect([...encode([integer(1, value)])]).toEqual(bytes);
});
