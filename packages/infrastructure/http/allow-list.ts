import { MeshError } from '@devmesh/foundation';

/** Whether the operator lets this host and port be reached although its address is private. */
export type AllowList = (hostname: string, port: number) => boolean;

/** The lists of the operator: one for everybody, and one more for each organization that has its own. */
export interface AllowLists {
  readonly everybody: AllowList;
  /** What is open for the organization beyond that. */
  of(tenantId: string | undefined): AllowList;
}

interface Entry {
  readonly host: string;
  /** Matches names below `host`, not `host` itself. */
  readonly below: boolean;
  readonly port: number | undefined;
}

const entryPattern = /^(?<wildcard>\*\.)?(?<host>\[[0-9a-f:.]+\]|[^\s:*/@[\]=]+)(?::(?<port>\d{1,5}))?$/u;
const organizationPattern = /^(?<id>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})=(?<entry>.+)$/u;

/** Reads entries `host`, `host:port`, `*.suffix`, `*.suffix:port`; IPv6 in brackets. Throws `invalid_config` for anything else. */
export function createAllowList(entries: readonly string[], variable = 'OUTBOUND_ALLOW_HOSTS'): AllowList {
  const parsed = entries.map((entry) => parseEntry(entry, variable));
  return (hostname, port) => {
    const host = normalize(hostname);
    return parsed.some((entry) => matches(entry, host, port));
  };
}

/** The same for entries `<organization id>=<entry>`, each for the organization that it names. */
export function createOrganizationAllowLists(entries: readonly string[]): (tenantId: string | undefined) => AllowList {
  const byOrganization = new Map<string, string[]>();
  for (const text of entries) {
    const groups = organizationPattern.exec(text.trim().toLowerCase())?.groups;
    if (groups?.['id'] === undefined || groups['entry'] === undefined) throw unreadable(organizationVariable);
    byOrganization.set(groups['id'], [...(byOrganization.get(groups['id']) ?? []), groups['entry']]);
  }
  const lists = new Map([...byOrganization].map(([id, own]) => [id, createAllowList(own, organizationVariable)]));
  return (tenantId) => lists.get(tenantId?.toLowerCase() ?? '') ?? nothing;
}

const organizationVariable = 'ORGANIZATION_ALLOW_HOSTS';
const nothing: AllowList = () => false;

function matches(entry: Entry, host: string, port: number): boolean {
  if (entry.port !== undefined && entry.port !== port) return false;
  return entry.below ? host.endsWith(`.${entry.host}`) : host === entry.host;
}

function parseEntry(text: string, variable: string): Entry {
  const groups = entryPattern.exec(text.trim().toLowerCase())?.groups;
  const port = groups?.['port'] === undefined ? undefined : Number(groups['port']);
  if (groups?.['host'] === undefined || (port !== undefined && (port < 1 || port > 65_535))) throw unreadable(variable);
  return { host: normalize(groups['host']), below: groups['wildcard'] !== undefined, port };
}

function unreadable(variable: string): MeshError {
  const form = variable === organizationVariable ? '<organization id>=host' : 'host';
  return new MeshError(
    'invalid_config',
    `${variable} has an entry that is neither ${form}, ${form}:port nor ${form.replace(/host$/u, '*.suffix')}.`,
  );
}

function normalize(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/u, '');
}
