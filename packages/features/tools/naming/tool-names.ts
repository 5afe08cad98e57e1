import { createHash } from 'node:crypto';

interface Named {
  readonly operationId: string | undefined;
  readonly method: string;
  readonly path: string;
}

const longest = 64;
const hashLength = 8;

/**
 * One name per operation, in order: `<service>_<operationId>`, or method and path where there is no id. Each matches
 * [a-zA-Z0-9_-]{1,64}; of several that would be alike, the first keeps the plain name and the others get a hash of
 * what they do, so that names stay the same when the document grows at its end.
 */
export function nameTools(service: string, operations: readonly Named[], taken: ReadonlySet<string>): string[] {
  const used = new Set(taken);
  return operations.map((operation) => {
    const plain = fit(`${service}_${wordOf(operation)}`);
    const identity = `${service} ${operation.method} ${operation.path}`;
    let name = plain;
    for (let attempt = 0; used.has(name); attempt += 1) {
      name = withHash(plain, attempt === 0 ? identity : `${identity} ${String(attempt)}`);
    }
    used.add(name);
    return name;
  });
}

function wordOf({ operationId, method, path }: Named): string {
  const fromId = clean(operationId ?? '');
  if (fromId !== '') return fromId;
  const fromPath = clean(path);
  return fromPath === '' ? method.toLowerCase() : `${method.toLowerCase()}_${fromPath}`;
}

function clean(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_-]+/gu, '_').replaceAll(/^_+|_+$/gu, '');
}

function fit(name: string): string {
  return name.length <= longest ? name : withHash(name, name);
}

function withHash(name: string, identity: string): string {
  const hash = createHash('sha256').update(identity, 'utf8').digest('hex').slice(0, hashLength);
  return `${name.slice(0, longest - hashLength - 1)}_${hash}`;
}
