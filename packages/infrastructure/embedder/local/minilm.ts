import { encodeModel, type Constant, type Operation } from './onnx.ts';
import { quantizeRows } from './quantize.ts';
import type { Safetensors } from './safetensors.ts';

/** The shape of all-MiniLM-L6-v2. */
export const miniLm = { layers: 6, heads: 12, dimensions: 384, positions: 512, normEpsilon: 1e-12 } as const;

const contributed = 'com.microsoft';

/**
 * Writes all-MiniLM-L6-v2 as an ONNX graph: `tokens` (1 x length) to `vector` (1 x 384), mean-pooled and of unit length.
 * Linear layers hold 8-bit weights, one scale per output; activations are quantized as they come.
 */
export function buildMiniLm(weights: Safetensors): Uint8Array {
  const graph = createGraph(weights);
  let state = embedTokens(graph);
  for (let layer = 0; layer < miniLm.layers; layer += 1) state = encoderLayer(graph, layer, state);
  graph.add('ReduceMean', [state, graph.integers('pool_axis', [1])], ['mean'], { integers: { keepdims: 0 } });
  graph.add('LpNormalization', ['mean'], ['vector'], { integers: { axis: -1, p: 2 } });
  return encodeModel({
    name: 'all-MiniLM-L6-v2',
    operatorSets: { '': 18, [contributed]: 1 },
    inputs: [{ name: 'tokens', type: 'int64', shape: [1, 'length'] }],
    outputs: [{ name: 'vector', type: 'float32', shape: [1, miniLm.dimensions] }],
    constants: graph.constants,
    operations: graph.operations,
  });
}

type Extra = Pick<Operation, 'domain' | 'integers' | 'floats'>;

interface Graph {
  readonly constants: readonly Constant[];
  readonly operations: readonly Operation[];
  /** Appends an operation and gives the name of its first output. */
  add(operator: string, inputs: readonly string[], outputs: readonly string[], extra?: Extra): string;
  /** The named tensor of the weights as a 32-bit float constant. */
  floats(name: string): string;
  /** The named tensor as it is stored, in half floats. */
  halves(name: string): string;
  /** What is added to a token by its place; the one segment that single texts have is added in. */
  places(): string;
  integers(name: string, values: readonly number[]): string;
  /** A linear layer with 8-bit weights. */
  linear(prefix: string, input: string): string;
}

function createGraph(weights: Safetensors): Graph {
  const constants: Constant[] = [];
  const operations: Operation[] = [];
  const constant = (value: Constant): string => {
    constants.push(value);
    return value.name;
  };
  const vector = (name: string, values: Float32Array): string =>
    constant({ name, type: 'float32', shape: [values.length], data: raw(values) });
  const add: Graph['add'] = (operator, inputs, outputs, extra = {}) => {
    operations.push({ operator, inputs, outputs, ...extra });
    return outputs[0] ?? '';
  };
  const floats = (name: string): string => vector(name, weights.floats(name));
  return {
    constants,
    operations,
    add,
    floats,
    halves: (name) => {
      const values = weights.halves(name);
      return constant({
        name,
        type: 'float16',
        shape: [values.length / miniLm.dimensions, miniLm.dimensions],
        data: raw(values),
      });
    },
    places: () => {
      const segment = weights.floats('embeddings.token_type_embeddings.weight');
      const places = weights.floats('embeddings.position_embeddings.weight');
      const data = raw(places.map((value, index) => value + (segment[index % miniLm.dimensions] ?? 0)));
      return constant({ name: 'every_place', type: 'float32', shape: [miniLm.positions, miniLm.dimensions], data });
    },
    integers: (name, values) =>
      constant({ name, type: 'int64', shape: [values.length], data: raw(BigInt64Array.from(values, BigInt)) }),
    linear: (prefix, input) => {
      const bias = weights.floats(`${prefix}.bias`);
      const rows = bias.length;
      const matrix = weights.floats(`${prefix}.weight`);
      const { values, scales } = quantizeRows(matrix, rows);
      const shape = [matrix.length / rows, rows];
      constant({ name: `${prefix}.quantized`, type: 'int8', shape, data: raw(values) });
      const inputs = [
        input,
        `${prefix}.quantized`,
        vector(`${prefix}.scales`, scales),
        '',
        vector(`${prefix}.bias`, bias),
      ];
      return add('DynamicQuantizeMatMul', inputs, [`${prefix}.output`], { domain: contributed });
    },
  };
}

function embedTokens(graph: Graph): string {
  const words = graph.halves('embeddings.word_embeddings.weight');
  graph.add('Gather', [words, 'tokens'], ['word_halves']);
  graph.add('Cast', ['word_halves'], ['words'], { integers: { to: 1 } });
  graph.add('Shape', ['tokens'], ['length'], { integers: { start: 1 } });
  const zero = graph.integers('zero', [0]);
  graph.add('Slice', [graph.places(), zero, 'length', zero], ['places']);
  graph.add('Add', ['words', 'places'], ['embedded']);
  return graph.add('LayerNormalization', ['embedded', ...norm(graph, 'embeddings.LayerNorm')], ['layer_input'], {
    floats: { epsilon: miniLm.normEpsilon },
  });
}

function encoderLayer(graph: Graph, layer: number, input: string): string {
  const name = (part: string): string => `encoder.layer.${String(layer)}.${part}`;
  const [query, key, value] = ['query', 'key', 'value'].map((part) =>
    graph.linear(name(`attention.self.${part}`), input),
  );
  const attended = graph.add('MultiHeadAttention', [query ?? '', key ?? '', value ?? ''], [name('attended')], {
    domain: contributed,
    integers: { num_heads: miniLm.heads },
  });
  const mixed = graph.linear(name('attention.output.dense'), attended);
  const middle = addAndNorm(graph, [mixed, input], name('attention.output.LayerNorm'));
  const widened = graph.linear(name('intermediate.dense'), middle);
  const activated = graph.add('Gelu', [widened], [name('activated')], { domain: contributed });
  const narrowed = graph.linear(name('output.dense'), activated);
  return addAndNorm(graph, [narrowed, middle], name('output.LayerNorm'));
}

function addAndNorm(graph: Graph, inputs: readonly string[], prefix: string): string {
  return graph.add('SkipLayerNormalization', [...inputs, ...norm(graph, prefix)], [`${prefix}.output`], {
    domain: contributed,
    floats: { epsilon: miniLm.normEpsilon },
  });
}

function norm(graph: Graph, prefix: string): readonly string[] {
  return [graph.floats(`${prefix}.weight`), graph.floats(`${prefix}.bias`)];
}

function raw(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
