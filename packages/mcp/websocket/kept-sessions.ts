import { createHash, randomBytes } from 'node:crypto';
import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Connection } from '../connection.ts';
import type { McpEndpoint } from '../endpoint.ts';
import { createLedger, readAcknowledgement, type Ledger, type LedgerBudget } from '../resumption/ledger.ts';
import type { ResumeGrant, ResumeRequest } from '../resumption/resume-header.ts';
import { closeCodes } from './close-codes.ts';
import type { Conversation, Converse, Line } from './conversation.ts';

/** How long and how much of sessions is kept whose sockets were cut. */
export interface ResumptionLimits {
  /** Seconds after a cut; 0 lets nobody resume. */
  readonly keptSeconds: number;
  /** Sessions without a socket, in all and of one owner; the longest cut one gives way. */
  readonly sessions: number;
  readonly sessionsPerOwner: number;
  /** Messages and bytes that one session's client may miss, and bytes of all together. */
  readonly messages: number;
  readonly bytes: number;
  readonly allBytes: number;
}

/** What is kept unless told. */
export const defaultResumption: ResumptionLimits = {
  keptSeconds: 60,
  sessions: 1_000,
  sessionsPerOwner: 32,
  messages: 512,
  bytes: 1024 * 1024,
  allBytes: 64 * 1024 * 1024,
};

/** Who comes. */
interface Comer<Principal> {
  readonly principal: Principal;
  /** Only the same resumes a session. */
  readonly owner: string;
}

/** What a comer is told in the upgrade's answer, and how it then goes on. */
interface Boarding<Principal> {
  readonly grant: ResumeGrant;
  readonly converse: Converse<Principal>;
}

/** Sessions that outlive their sockets for a while. */
export interface KeptSessions<Principal> {
  /** Sessions without a socket. */
  readonly cut: number;
  /** Throws `session_gone` for a session that is unknown, ended, somebody else's, or whose missed messages are not remembered. */
  board(request: ResumeRequest, comer: Comer<Principal>): Boarding<Principal>;
  /** Ends those without a socket. */
  end(): void;
}

interface KeptSessionsOptions<Principal> {
  readonly endpoint: McpEndpoint<Principal>;
  readonly limits: ResumptionLimits;
  readonly telemetry: Telemetry;
  /** Told the principal with which a session is resumed. */
  readonly resumed?: ((kept: Principal, comer: Principal) => void) | undefined;
}

interface Kept<Principal> {
  readonly hash: string;
  readonly owner: string;
  readonly connection: Connection<Principal>;
  readonly ledger: Ledger<string>;
  line: Line | undefined;
  expiry: NodeJS.Timeout | undefined;
}

interface Room<Principal> extends KeptSessionsOptions<Principal> {
  /** By the hash of the token, so that no comparison tells anything of it. */
  readonly byHash: Map<string, Kept<Principal>>;
  /** Those without a socket, the longest cut first. */
  readonly cut: Set<Kept<Principal>>;
  readonly budget: LedgerBudget;
}

/** Keeps no session yet. */
export function createKeptSessions<Principal>(options: KeptSessionsOptions<Principal>): KeptSessions<Principal> {
  const { limits, telemetry } = options;
  const budget: LedgerBudget = { maximumBytes: limits.allBytes, usedBytes: 0 };
  const room: Room<Principal> = { ...options, byHash: new Map(), cut: new Set(), budget };
  return {
    get cut() {
      return room.cut.size;
    },
    board: (request, comer) => {
      if (request === 'new') return boardNew(room, comer);
      try {
        return boardAgain(room, request, comer);
      } catch (error) {
        telemetry.metrics.count('mcp_server_resumptions_total', { outcome: 'gone' });
        throw error;
      }
    },
    end: () => {
      for (const kept of room.cut) discard(room, kept);
    },
  };
}

function boardNew<Principal>(room: Room<Principal>, { principal, owner }: Comer<Principal>): Boarding<Principal> {
  const token = randomBytes(32).toString('base64url');
  const { limits, endpoint, budget } = room;
  const converse: Converse<Principal> = (line) => {
    const ledger = createLedger<string>({ limits, budget, tell: (count) => kept.line?.acknowledge(count) });
    const connection = endpoint.connect(principal, {
      kind: 'websocket',
      latency: () => kept.line?.latencyMilliseconds,
      send: (text) => {
        say(room, kept, text);
      },
      close: (reason) => {
        const last = kept.line;
        discard(room, kept);
        last?.close(closeCodes.normal, reason);
      },
    });
    const kept: Kept<Principal> = { hash: hashOf(token), owner, connection, ledger, line, expiry: undefined };
    room.byHash.set(kept.hash, kept);
    return over(room, kept, line);
  };
  return { grant: { token, heard: 0, keptSeconds: limits.keptSeconds }, converse };
}

function boardAgain<Principal>(
  room: Room<Principal>,
  { token, heard }: Exclude<ResumeRequest, 'new'>,
  { principal, owner }: Comer<Principal>,
): Boarding<Principal> {
  const kept = room.byHash.get(hashOf(token));
  if (kept?.owner !== owner || kept.ledger.forgetful || !kept.ledger.confirm(heard)) {
    throw new MeshError('session_gone', 'The session to resume is not kept here.');
  }
  const converse: Converse<Principal> = (line) => {
    const replaced = kept.line;
    settle(room, kept);
    kept.line = line;
    replaced?.close(closeCodes.normal, 'resumed elsewhere');
    for (const text of kept.ledger.unconfirmed()) line.send(text);
    room.resumed?.(kept.connection.principal, principal);
    room.telemetry.metrics.count('mcp_server_resumptions_total', { outcome: 'resumed' });
    return over(room, kept, line);
  };
  return { grant: { token, heard: kept.ledger.heard, keptSeconds: room.limits.keptSeconds }, converse };
}

/** The conversation as one line of it sees it. */
function over<Principal>(room: Room<Principal>, kept: Kept<Principal>, line: Line): Conversation<Principal> {
  const current = (): boolean => kept.line === line;
  return {
    connection: kept.connection,
    hear: (bytes) => {
      if (!current()) return false;
      kept.ledger.hear(bytes);
      return true;
    },
    send: (text) => {
      say(room, kept, text);
    },
    pinged: () => {
      if (current()) kept.ledger.acknowledge();
    },
    ponged: (payload) => {
      const count = current() ? readAcknowledgement(payload) : undefined;
      if (count !== undefined) kept.ledger.confirm(count);
    },
    left: (code) => {
      if (!current()) return;
      if (code === closeCodes.cut || code === closeCodes.tryAgainLater) keep(room, kept);
      else discard(room, kept);
    },
  };
}

function say<Principal>(room: Room<Principal>, kept: Kept<Principal>, text: string): void {
  if (!room.byHash.has(kept.hash)) return;
  kept.ledger.say(text, text.length);
  kept.line?.send(text);
  // Nobody could resume it any more.
  if (kept.line === undefined && kept.ledger.forgetful) discard(room, kept);
}

function keep<Principal>(room: Room<Principal>, kept: Kept<Principal>): void {
  const { limits, cut } = room;
  kept.line = undefined;
  if (limits.keptSeconds === 0 || kept.ledger.forgetful) {
    discard(room, kept);
    return;
  }
  cut.add(kept);
  kept.expiry = setTimeout(() => {
    discard(room, kept);
  }, limits.keptSeconds * 1000);
  kept.expiry.unref();
  const ofOwner = [...cut].filter(({ owner }) => owner === kept.owner);
  const [oldest] = ofOwner.length > limits.sessionsPerOwner ? ofOwner : cut.size > limits.sessions ? cut : [];
  if (oldest !== undefined) discard(room, oldest);
  gauge(room);
}

/** It has a socket again, or needs none any more. */
function settle<Principal>(room: Room<Principal>, kept: Kept<Principal>): void {
  clearTimeout(kept.expiry);
  kept.expiry = undefined;
  if (room.cut.delete(kept)) gauge(room);
}

function discard<Principal>(room: Room<Principal>, kept: Kept<Principal>): void {
  kept.line = undefined;
  room.byHash.delete(kept.hash);
  settle(room, kept);
  kept.ledger.clear();
  kept.connection.end();
}

function gauge<Principal>({ telemetry, cut }: Room<Principal>): void {
  telemetry.metrics.gauge('mcp_server_cut_sessions', cut.size);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
