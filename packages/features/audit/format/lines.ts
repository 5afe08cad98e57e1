import { canonicalJson } from '@devmesh/foundation';

/** The name of the format; another version has another name. */
export const formatName = 'devmesh-audit/1';

/** What an export begins with. */
export interface Header {
  readonly tenantId: string;
  /** The place of the first entry; one more than `to` where there is none. */
  readonly from: number;
  /** The place of the last entry. */
  readonly to: number;
  /** The notes of every key of the tenant, in their order. */
  readonly keys: readonly string[];
  /** The checkpoint at the place before `from`; undefined at the beginning of the chain. */
  readonly start: string | undefined;
}

/** The line of a header. */
export function headerLine({ tenantId, from, to, keys, start }: Header): string {
  return canonicalJson({ format: formatName, from, keys, start: start ?? null, tenant: tenantId, to, type: 'header' });
}

/** One sealed entry of an export. */
export interface SealedEntry {
  readonly seq: number;
  /** Its canonical text; undefined where the database has lost it. */
  readonly text: string | undefined;
  /** Hex. */
  readonly hash: string;
  /** Hex. */
  readonly chain: string;
}

/** The line of an entry. */
export function entryLine({ seq, text, hash, chain }: SealedEntry): string {
  return `{"chain":"${chain}","entry":${text ?? 'null'},"hash":"${hash}","seq":${String(seq)},"type":"entry"}`;
}

/** The line of a checkpoint on the way, or of the one that closes an export. */
export function checkpointLine(type: 'checkpoint' | 'closing', note: string): string {
  return canonicalJson({ note, type });
}
