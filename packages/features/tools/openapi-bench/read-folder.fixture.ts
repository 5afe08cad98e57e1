import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentTelemetry } from '@devmesh/foundation';
import { createDocumentReader, type DocumentReader, type ReadDocument } from '../reading/document-reader.ts';
import { startWatch } from './watch.fixture.ts';

/** A document of the folder, read or refused, and what that took. */
export interface DocumentFigures {
  readonly name: string;
  readonly bytes: number;
  /** Why nothing was made of it. */
  readonly failed?: string;
  readonly tools: number;
  readonly skipped: number;
  readonly seconds: number;
  readonly megabytes: number;
  readonly longestBlockMilliseconds: number;
}

interface Outcome {
  readonly figures: DocumentFigures;
  readonly document: ReadDocument | undefined;
}

/** The names of the OpenAPI documents in a folder. */
export function documentNames(folder: string, only: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.(?:json|ya?ml)$/u.test(name) && name.includes(only))
    .toSorted();
}

/** A name that a service may have, from the name of a file. */
export function serviceName(file: string): string {
  const words = file
    .replace(/\.\w+$/u, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '_');
  return `d_${words}`.slice(0, 24);
}

/** Reads the documents of a folder, one after the other, as an import does; what each becomes is handed over and forgotten. */
export async function readFolder(
  folder: string,
  names: readonly string[],
  take: (name: string, document: ReadDocument) => void,
): Promise<readonly DocumentFigures[]> {
  const reader = createDocumentReader({ log: silentTelemetry.log });
  const all: DocumentFigures[] = [];
  for (const name of names) {
    const { figures, document } = await readOne(reader, folder, name);
    all.push(figures);
    if (document !== undefined) take(name, document);
  }
  return all;
}

async function readOne(reader: DocumentReader, folder: string, name: string): Promise<Outcome> {
  const text = readFileSync(join(folder, name));
  const base = { name, bytes: text.length };
  const request = {
    text,
    service: serviceName(name),
    documentUrl: `https://api.example.com/${name}`,
    baseUrl: undefined,
  };
  const watch = startWatch();
  try {
    const document = await reader.read(request);
    const { tools, skipped } = document;
    return { figures: { ...base, ...watch.stop(), tools: tools.length, skipped: skipped.length }, document };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    return { figures: { ...base, ...watch.stop(), tools: 0, skipped: 0, failed }, document: undefined };
  }
}

/** Writes the tools of a document as scorers of converters read them. */
export function writeTools(folder: string, name: string, { tools }: ReadDocument): void {
  mkdirSync(folder, { recursive: true });
  const written = tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    method: tool.method.toLowerCase(),
    path: tool.path,
    inputSchema: JSON.parse(tool.inputSchema) as unknown,
    ...(tool.outputSchema === null ? {} : { outputSchema: JSON.parse(tool.outputSchema) as unknown }),
  }));
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ tools: written }));
}
