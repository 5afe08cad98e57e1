import type { LogLevel } from './content.ts';
import type { Params } from './message.ts';

/** What a client says of itself in `initialize`; not to be trusted for decisions. */
export interface ClientInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string | undefined;
}

/** One client's initialized conversation, acting as one principal. */
export interface Session<Principal> {
  readonly id: string;
  readonly principal: Principal;
  readonly transport: 'websocket' | 'http';
  readonly protocolVersion: string;
  readonly clientInfo: ClientInfo;
  readonly clientCapabilities: Params;
  /** The resources this client wants `notifications/resources/updated` for. */
  readonly subscriptions: ReadonlySet<string>;
  /** From which severity on the client asked for log messages; undefined where it did not. */
  readonly logLevel: LogLevel | undefined;
  /** The latest round trip to the client; undefined where none was measured. */
  readonly latencyMilliseconds?: number | undefined;
  /** Sends a notification; one that can no longer be delivered is dropped. */
  notify(method: string, params?: Params): void;
  /** Ends the session; safe to call twice. */
  close(reason?: string): void;
}
