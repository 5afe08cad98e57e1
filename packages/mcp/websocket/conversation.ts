import type { Connection } from '../connection.ts';
import type { McpEndpoint } from '../endpoint.ts';

/** How a conversation reaches its client while a socket serves it. */
export interface Line {
  /** The latest round trip. */
  readonly latencyMilliseconds: number | undefined;
  send(text: string): void;
  /** Tells how many messages were heard. */
  acknowledge(count: number): void;
  close(code: number, reason: string): void;
}

/** What a socket carries. It may outlive its socket; then it goes on over another. */
export interface Conversation<Principal> {
  readonly connection: Connection<Principal>;
  /** Counts a message that came by this line; false where the line does not carry the conversation any more. */
  hear(bytes: number): boolean;
  send(text: string): void;
  /** A Ping came by this line. */
  pinged(): void;
  /** A Pong came by this line. */
  ponged(payload: Buffer): void;
  /** The line is closed. */
  left(code: number): void;
}

/** Begins a conversation over a line. */
export type Converse<Principal> = (line: Line) => Conversation<Principal>;

/** A conversation that ends with its socket. */
export function converseOnce<Principal>(
  endpoint: McpEndpoint<Principal>,
  principal: Principal,
  normalClosure: number,
): Converse<Principal> {
  return (line) => {
    const send = (text: string): void => {
      line.send(text);
    };
    const connection = endpoint.connect(principal, {
      kind: 'websocket',
      latency: () => line.latencyMilliseconds,
      send,
      close: (reason) => {
        line.close(normalClosure, reason);
      },
    });
    return {
      connection,
      hear: () => true,
      send,
      pinged: () => undefined,
      ponged: () => undefined,
      left: () => {
        connection.end();
      },
    };
  };
}
