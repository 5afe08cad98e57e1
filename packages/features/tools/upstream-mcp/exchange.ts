import type { CallExchangeRequest } from '@devmesh/api';
import type { LoggingLevel, LoggingMessageNotificationParams } from '@modelcontextprotocol/client';
import type { AskableMethod } from './connection.ts';

/** How far a call is. */
export interface CallProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** What goes on between a service and the client while a call of its tool runs. */
export interface CallExchange {
  /** What the client can be asked, as it declared it. */
  readonly declared: CallExchangeRequest['capabilities'];
  /** From which severity on the client wants log messages; absent, it wants none. */
  readonly logLevel?: LoggingLevel | undefined;
  progress(progress: CallProgress): void;
  log(message: LoggingMessageNotificationParams): void;
  /** A person has done what an address asked for. */
  elicited(elicitationId: string): void;
  /** Asks the client; throws where it refuses, is gone, or takes too long. */
  ask(
    method: AskableMethod,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>>;
}
