import { connectionModes, type ConnectionMode } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Session } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';

/** What editors call themselves. */
const editors =
  /^(?:visual studio(?: code)?|vscode|cursor|windsurf|zed|jetbrains|intellij|pycharm|webstorm|goland|rider|cline|roo[ -]?code|continue|kiro|antigravity|xcode|eclipse|neovim|nvim)\b/iu;
const claudeCode = /^claude[ -]code\b/iu;

/**
 * What kind of client a session is of: what its address asks for, else by its key (one of an agent), else by what the client calls
 * itself. It chooses how things are shown and never what may be done.
 */
export function modeOf({
  principal,
  clientInfo,
}: Pick<Session<EdgePrincipal>, 'principal' | 'clientInfo'>): ConnectionMode {
  if (principal.mode !== undefined) return principal.mode;
  if (principal.identity.agentId !== undefined) return 'agent';
  const names = [clientInfo.name, clientInfo.title ?? '', principal.userAgent ?? ''];
  if (names.some((name) => claudeCode.test(name))) return 'claude-code';
  return names.some((name) => editors.test(name)) ? 'ide' : 'standard';
}

/** Coding agents put a result into their context, where a larger one is refused or crowds out the rest; what is missing can be read on. */
const codingTextBytes = 65_536;

/** Bytes of text that a result shows to a client of that kind; undefined: as many as ever. */
export function textBytesOf(session: Parameters<typeof modeOf>[0]): number | undefined {
  return ['claude-code', 'ide'].includes(modeOf(session)) ? codingTextBytes : undefined;
}

/** The mode that `?mode=` of an address asks for; throws `invalid_request` for one that there is not. */
export function readMode(query: URLSearchParams): ConnectionMode | undefined {
  const asked = query.get('mode');
  const mode = connectionModes.find((known) => known === asked);
  if (asked === null || mode !== undefined) return mode;
  throw new MeshError('invalid_request', `The address asks for a mode that is none of ${connectionModes.join(', ')}.`);
}
