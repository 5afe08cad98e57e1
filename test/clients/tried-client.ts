import { fileURLToPath } from 'node:url';

/** What any client does with a server: each in its own way, each time from the start. */
export interface TriedClient {
  /** The names of the tools. */
  tools(): Promise<readonly string[]>;
  /** The text that a call answers. */
  call(name: string, values: Readonly<Record<string, unknown>>): Promise<string>;
  /** The text of a resource. */
  read(uri: string): Promise<string>;
}

/** Where a client connects, and with what. */
export interface Endpoint {
  readonly url: string;
  readonly key: string;
  /** A folder of its own, for whatever it keeps. */
  readonly home: string;
}

const main = fileURLToPath(new URL('../../apps/devmesh/main.ts', import.meta.url));

/** What a client starts to reach an endpoint over standard streams. */
export function bridgeTo({ url, key }: Endpoint) {
  const args = ['--import', import.meta.resolve('tsx'), main, 'mcp', '--url', url];
  return { command: process.execPath, args, env: { DEVMESH_KEY: key } };
}

export interface Listed {
  readonly tools: readonly { readonly name: string }[];
}

export interface Called {
  readonly content: readonly { readonly text?: string }[];
}

export interface Read {
  readonly contents: readonly { readonly text?: string }[];
}

/** The texts of a call's answer. */
export function textsOf({ content }: Called): string {
  return content.map(({ text }) => text ?? '').join('');
}

/** The texts of a resource. */
export function textOf({ contents }: Read): string {
  return contents.map(({ text }) => text ?? '').join('');
}
