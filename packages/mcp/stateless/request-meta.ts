import { MeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { logLevels, type LogLevel } from '../content.ts';
import { isRecord, type Params } from '../message.ts';
import { metaOf } from '../request-context.ts';
import { supportedVersions } from '../revisions/negotiate.ts';
import { metaKeys, rev20260728 } from '../revisions/rev-2026-07-28.ts';
import type { ClientInfo } from '../session.ts';

/** What a request says of itself and its client (MCP 2026-07-28, General fields). */
export interface RequestMeta {
  readonly clientInfo: ClientInfo;
  readonly clientCapabilities: Params;
  readonly logLevel: LogLevel | undefined;
}

/** The version that a request names in `_meta`; undefined where it is one of a session. */
export function declaredVersion(params: Params): string | undefined {
  const version = metaOf(params)[metaKeys.protocolVersion];
  return typeof version === 'string' ? version : undefined;
}

const clientInfo = z.object({ name: z.string(), version: z.string(), title: z.string().optional() });
const unnamed: ClientInfo = { name: 'unknown', version: 'unknown' };

/** Throws `invalid_request` where a required field is missing, `unsupported_protocol` for a version without sessions that is not spoken. */
export function readRequestMeta(params: Params): RequestMeta {
  const meta = metaOf(params);
  const version = declaredVersion(params);
  if (version === undefined) throw missing(metaKeys.protocolVersion, 'must name the protocol version');
  if (version !== rev20260728.version) throw unsupportedVersion(version);
  const capabilities = meta[metaKeys.clientCapabilities];
  if (!isRecord(capabilities)) throw missing(metaKeys.clientCapabilities, 'must be an object');
  return {
    clientInfo: clientInfo.safeParse(meta[metaKeys.clientInfo]).data ?? unnamed,
    clientCapabilities: capabilities,
    logLevel: readLogLevel(meta[metaKeys.logLevel]),
  };
}

function readLogLevel(value: unknown): LogLevel | undefined {
  const level = logLevels.find((known) => known === value);
  if (value !== undefined && level === undefined) throw missing(metaKeys.logLevel, `must be ${logLevels.join(', ')}`);
  return level;
}

function missing(key: string, message: string): MeshError {
  const issues = [{ path: `_meta.${key}`, message }];
  return new MeshError('invalid_request', `The _meta of the request is not valid: ${key} ${message}.`, { issues });
}

/** The refusal of a version, with those that are spoken. */
export function unsupportedVersion(requested: string): MeshError {
  return new MeshError('unsupported_protocol', `The protocol version may be ${supportedVersions.join(', ')}.`, {
    data: { supported: supportedVersions, requested: requested.slice(0, 64) },
  });
}
