import type { Mockserver } from '@devmesh/mockserver';

/** The name under which a document is served. */
export function mockName(file: string): string {
  return file
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/gu, '-')
    .slice(0, 64);
}

/** Hands a document to a mock server, and tells how many operations of it are served. */
export async function handIn(
  mockserver: Mockserver,
  file: string,
  text: string,
  credentials: 'required' | 'ignored',
): Promise<{ readonly operations: number }> {
  const url = `http://mock/mock/openapi?name=${mockName(file)}&credentials=${credentials}`;
  const answer = await mockserver.fetch(new Request(url, { method: 'POST', body: text }));
  if (!answer.ok) throw new Error(`The mock refuses ${file}: ${await answer.text()}`);
  return (await answer.json()) as { operations: number };
}
