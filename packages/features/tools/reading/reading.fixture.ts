import { readDocument } from './read-document.ts';

export const read = (document: unknown, options: { documentUrl?: string; baseUrl?: string } = {}) => {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const reading = readDocument({
    text,
    service: 'shop',
    documentUrl: options.documentUrl,
    baseUrl: options.baseUrl,
  });
  const tools = [...reading.tools].map((tool) => ({
    ...tool,
    inputSchema: JSON.parse(tool.inputSchema) as Record<string, unknown>,
    binding: JSON.parse(tool.binding) as Record<string, unknown>,
    annotations: JSON.parse(tool.annotations) as Record<string, unknown>,
  }));
  return { ...reading, tools };
};

export const document = (paths: unknown, rest: object = {}) => ({
  openapi: '3.0.3',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: 'https://shop.example.com/v1/' }],
  paths,
  ...rest,
});

export const post = (schema: unknown, rest: object = {}) => ({
  post: { operationId: 'make', requestBody: { required: true, content: { 'application/json': { schema } } }, ...rest },
});

export const inputOf = (paths: unknown, rest: object = {}): Record<string, unknown> =>
  read(document(paths, rest)).tools[0]?.inputSchema ?? {};
