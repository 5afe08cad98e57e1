import { clientLines } from '@devmesh/api';
import type { FirstKeys } from '../first-start.ts';
import type { Mesh } from '../mesh.ts';
import { paint } from './style.ts';

interface BannerOptions {
  readonly mesh: Pick<Mesh, 'apiUrl' | 'edgeUrl' | 'mockUrl'>;
  readonly keys: FirstKeys | undefined;
  /** Where data is kept, in words. */
  readonly engines: string;
  readonly seconds: number;
}

/** What a person sees when the mesh is up: where things are, the keys once, and how to connect a client. */
export function banner({ mesh, keys, engines, seconds }: BannerOptions): string {
  const label = (text: string): string => paint('dim', text.padEnd(12));
  const clients = clientLines({ gatewayUrl: mesh.edgeUrl, key: keys?.user ?? '$DEVMESH_KEY' });
  return [
    '',
    `${paint('bold', 'Developer Mesh')} is up ${paint('dim', `in ${seconds.toFixed(1)} s, on ${engines}`)}`,
    '',
    `  ${label('Console')}${paint('cyan', mesh.apiUrl)}`,
    `  ${label('API')}${mesh.apiUrl}/reference`,
    `  ${label('MCP')}${mesh.edgeUrl}/mcp   ${mesh.edgeUrl.replace(/^http/u, 'ws')}/ws`,
    `  ${label('Mock')}${mesh.mockUrl}`,
    ...keyLines(keys, label),
    '',
    paint('bold', 'Connect a coding agent'),
    ...clients.flatMap(({ client, text, file }) => [
      `  ${paint('dim', file === undefined ? client : `${client}, in ${file}`)}`,
      `  ${text}`,
    ]),
    '',
    paint('dim', 'See it all work: npm run demo. Stop with Ctrl+C; everything is kept.'),
    '',
  ].join('\n');
}

function keyLines(keys: FirstKeys | undefined, label: (text: string) => string): readonly string[] {
  if (keys === undefined) {
    return ['', paint('dim', '  Keys were shown at the first start; the admin key makes new ones in the console.')];
  }
  return [
    '',
    `  ${label('Admin key')}${paint('yellow', keys.admin)}`,
    `  ${label('Client key')}${paint('yellow', keys.user)}`,
    paint('dim', '  Shown this once: only their hashes are stored. Sign in to the console with the admin key.'),
  ];
}
