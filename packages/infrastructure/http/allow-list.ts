import { MeshError } from '@devmesh/foundation';

/** Whether the operator lets this host and port be reached although its address is private. */
export type AllowList = (hostname: string, port: number) => boolean;

interface Entry {
  readonly host: string;
  /** Matches names below `host`, not `host` itself. */
  readonly below: boolean;
  readonly port: number | undefined;
}

const entryPattern = /^(?<wildcard>\*\.)?(?<host>\[[0-9a-f:.]+\]|[^\s:*/@[\]]+)(?::(?<port>\d{1,5}))?$/u;

/** Reads entries `host`, `host:port`, `*.suffix`, `*.suffix:port`; IPv6 in brackets. Throws `invalid_config` for anything else. */
export function createAllowList(entries: readonly string[]): AllowList {
  const parsed = entries.map(parseEntry);
  return (hostname, port) => {
    const host = normalize(hostname);
    return parsed.some((entry) => matches(entry, host, port));
  };
}

function matches(entry: Entry, host: string, port: number): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  return entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host;
}

function parseEntry(text: string): Entry {
  const groups = entryPattern.exec(text.trim().toLowerCase())?.groups;
  const port = groups?.['port'] === undefined ? undefined : Number(groups['port']);
  if (groups?.['host'] === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new MeshError(
      'invalid_config',
      'OUTBOUND_ALLOW_HOSTS has an entry that is neither host, host:port nor *.suffix.',
    );
  }
  return { host: normalize(groups['host']), below: groups['wildcard'] !== undefined, port };
}

function normalize(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/u, '');
}
