/** As much of JSON Schema as requests are written in. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** An operation as the document of an instance tells it. */
export interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Absent: it needs no key. */
  readonly scope: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  /** Whether its success is a stream of events. */
  readonly stream: boolean;
  readonly idempotent: boolean;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Entry {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly 'x-scope'?: string;
}

/** Reads what an instance says that it can do. */
export async function readDocument(url: string): Promise<readonly Described[]> {
  const response = await fetch(new URL('/openapi.json', url));
  if (!response.ok) throw new Error(`${url}/openapi.json was answered with ${String(response.status)}`);
  const { paths } = (await response.json()) as { readonly paths: Readonly<Record<string, Record<string, Entry>>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, entry]) => describe(path, method, entry)),
  );
}

function describe(path: string, method: string, entry: Entry): Described {
  const parameters = (entry.parameters ?? []).filter((parameter) => parameter.in !== 'header');
  const success = Object.entries(entry.responses).find(([status]) => status.startsWith('2'))?.[1];
  return {
    id: entry.operationId,
    method: method.toUpperCase(),
    path,
    scope: entry['x-scope'],
    parameters,
    body: entry.requestBody?.content?.['application/json']?.schema,
    stream: success?.content?.['text/event-stream'] !== undefined,
    idempotent: (entry.parameters ?? []).some(({ name }) => name === 'Idempotency-Key'),
  };
}
