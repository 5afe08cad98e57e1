import { bytes, encode, float, integer, message, text, type Encoded } from './protobuf.ts';

/** Element types by their number in ONNX's TensorProto.DataType. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

type ElementType = keyof typeof elementTypes;

/** A constant of the graph: little-endian, row-major. */
export interface Constant {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** An input or output of the graph; a string names a dimension that is free. */
interface Variable {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** One operation. Attribute numbers are integers unless the name is listed in `floats`. */
export interface Operation {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The operator set, when it is not ONNX's own. */
  readonly domain?: string;
  readonly integers?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
}

interface Model {
  readonly name: string;
  readonly operatorSets: Readonly<Record<string, number>>;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly constants: readonly Constant[];
  readonly operations: readonly Operation[];
}

const irVersion = 9;

/** Encodes a graph as an ONNX ModelProto (field numbers of onnx.proto3). */
export function encodeModel(model: Model): Uint8Array {
  const graph = [
    ...model.operations.map((operation) => message(1, encodeOperation(operation))),
    text(2, model.name),
    ...model.constants.map((constant) => message(5, encodeConstant(constant))),
    ...model.inputs.map((variable) => message(11, encodeVariable(variable))),
    ...model.outputs.map((variable) => message(12, encodeVariable(variable))),
  ];
  const operatorSets = Object.entries(model.operatorSets).map(([domain, version]) =>
    message(8, [text(1, domain), integer(2, version)]),
  );
  return encode([integer(1, irVersion), text(2, 'devmesh'), message(7, graph), ...operatorSets]);
}

function encodeOperation(operation: Operation): Encoded[] {
  const attributes = [
    ...Object.entries(operation.integers ?? {}).map(([name, value]) => [
      text(1, name),
      integer(3, value),
      integer(20, 2),
    ]),
    ...Object.entries(operation.floats ?? {}).map(([name, value]) => [text(1, name), float(2, value), integer(20, 1)]),
  ];
  return [
    ...operation.inputs.map((name) => text(1, name)),
    ...operation.outputs.map((name) => text(2, name)),
    text(3, operation.outputs[0] ?? ''),
    text(4, operation.operator),
    ...attributes.map((attribute) => message(5, attribute)),
    text(7, operation.domain ?? ''),
  ];
}

function encodeConstant(constant: Constant): Encoded[] {
  return [
    ...constant.shape.map((size) => integer(1, size)),
    integer(2, elementTypes[constant.type]),
    text(8, constant.name),
    bytes(9, constant.data),
  ];
}

function encodeVariable(variable: Variable): Encoded[] {
  const shape = variable.shape.map((size) => message(1, [typeof size === 'string' ? text(2, size) : integer(1, size)]));
  const tensor = [integer(1, elementTypes[variable.type]), message(2, shape)];
  return [text(1, variable.name), message(2, [message(1, tensor)])];
}
