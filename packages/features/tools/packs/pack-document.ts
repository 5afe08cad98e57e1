import { documentOf, type DescribedOperation, type DescribedParameter } from '../discovery/described-document.ts';
import type { OwnOperation, Pack } from './pack.ts';

/** The text of the OpenAPI document that a pack describes by itself. */
export function packDocument(pack: Pack): string {
  const operations = pack.operations.map(describedOf);
  const server = pack.address.cloud ?? pack.address.instance;
  return JSON.stringify(documentOf({ title: pack.title, version: '1', server, operations }));
}

function describedOf(operation: OwnOperation): DescribedOperation {
  const { call, name, description, body, mediaType = 'application/json' } = operation;
  const [method = '', path = ''] = call.split(/ (.*)/su, 2);
  return {
    method,
    path,
    name,
    description,
    parameters: parametersOf(operation),
    ...(body === undefined ? {} : { body: { mediaType, schema: body } }),
  };
}

function parametersOf({
  path = {},
  query = {},
  headers = {},
  required = [],
}: OwnOperation): readonly DescribedParameter[] {
  const inPath = Object.entries(path).map(([name, description]) => ({ name, in: 'path' as const, description }));
  const others = [
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query' as const, schema })),
    ...Object.entries(headers).map(([name, schema]) => ({ name, in: 'header' as const, schema })),
  ];
  return [...inPath, ...others.map((parameter) => ({ ...parameter, required: required.includes(parameter.name) }))];
}
