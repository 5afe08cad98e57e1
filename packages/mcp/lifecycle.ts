import { MeshError } from '@devmesh/foundation';
import { z } from 'zod';
import { notificationText, type Params, type RequestId } from './message.ts';
import { valid, type KeptSession } from './methods.ts';
import { negotiate } from './revisions/negotiate.ts';
import type { Revision } from './revisions/revision.ts';
import type { Session } from './session.ts';

/** How a connection reaches its client; a transport gives one. */
export interface Channel {
  readonly kind: 'websocket' | 'http';
  /** The latest round trip in milliseconds, where it is measured. */
  latency?(): number | undefined;
  /** Sends one serialized notification; `requestId` names the request that it belongs to. */
  send(text: string, requestId?: RequestId): void;
  /** Called when the server ends the session. */
  close(reason: string): void;
}

/** A conversation and the revision it is held in. */
interface Established<Principal> {
  readonly session: KeptSession<Principal>;
  readonly revision: Revision;
}

/** Where a connection stands: fresh, established by `initialize`, open for notifications, ended. */
export interface Lifecycle<Principal> {
  readonly established: Established<Principal> | undefined;
  readonly ended: boolean;
  /** Establishes the session; throws `invalid_state` the second time. */
  initialize(params: Params): Revision;
  /** The client is ready for notifications. Only the first call counts. */
  open(): void;
  /** Only the first call counts. */
  end(): void;
}

interface LifecycleOptions<Principal> {
  readonly id: string;
  readonly principal: Principal;
  readonly channel: Channel;
  readonly opened: (session: Session<Principal>) => void;
  /** Told the session only if it had been opened. */
  readonly ended: (session: Session<Principal> | undefined) => void;
}

const initializeParams = z.object({
  protocolVersion: z.string().min(1).max(64),
  capabilities: z.record(z.string(), z.unknown()),
  clientInfo: z.object({ name: z.string(), version: z.string(), title: z.string().optional() }),
});

/** Creates the lifecycle of one connection. */
export function createLifecycle<Principal>(options: LifecycleOptions<Principal>): Lifecycle<Principal> {
  let opened = false;
  const lifecycle: Changing<Lifecycle<Principal>> = {
    established: undefined,
    ended: false,
    initialize: (params) => {
      if (lifecycle.established !== undefined) {
        throw new MeshError('invalid_state', 'This session is already initialized.');
      }
      const asked = valid(initializeParams, params);
      const revision = negotiate(asked.protocolVersion);
      lifecycle.established = { session: new OpenSession(options, lifecycle, revision, asked), revision };
      return revision;
    },
    open: () => {
      const { established, ended } = lifecycle;
      if (opened || ended || established === undefined) return;
      opened = true;
      options.opened(established.session);
    },
    end: () => {
      if (lifecycle.ended) return;
      lifecycle.ended = true;
      const { established } = lifecycle;
      // Nobody is to be told of anything any more.
      established?.session.subscriptions.clear();
      options.ended(opened ? established?.session : undefined);
    },
  };
  return lifecycle;
}

type Changing<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** A class, so that all sessions have one shape: what handles each of their requests is compiled for that. */
class OpenSession<Principal> implements KeptSession<Principal> {
  readonly id: string;
  readonly principal: Principal;
  readonly transport: Channel['kind'];
  readonly protocolVersion: string;
  readonly clientInfo: KeptSession<Principal>['clientInfo'];
  readonly clientCapabilities: Params;
  readonly subscriptions = new Set<string>();
  logLevel: KeptSession<Principal>['logLevel'] = undefined;
  readonly notify: KeptSession<Principal>['notify'];
  readonly close: KeptSession<Principal>['close'];
  readonly #channel: Channel;

  constructor(
    { id, principal, channel }: LifecycleOptions<Principal>,
    lifecycle: Lifecycle<Principal>,
    revision: Revision,
    { clientInfo, capabilities }: z.output<typeof initializeParams>,
  ) {
    this.id = id;
    this.principal = principal;
    this.transport = channel.kind;
    this.protocolVersion = revision.version;
    this.clientInfo = clientInfo;
    this.clientCapabilities = capabilities;
    this.#channel = channel;
    this.notify = (method, params) => {
      if (!lifecycle.ended) channel.send(notificationText(method, params));
    };
    this.close = (reason = 'The server ended the session.') => {
      if (lifecycle.ended) return;
      lifecycle.end();
      channel.close(reason);
    };
  }

  get latencyMilliseconds(): number | undefined {
    return this.#channel.latency?.();
  }
}
