import { createLineReader, MeshError } from '@devmesh/foundation';
import { deserializeMessage, type Transport } from '@modelcontextprotocol/client';
import { cleanText } from '../clean-text.ts';
import { startChild, type Child } from './child.ts';
import type { StdioProgram } from './program.ts';

interface StdioOptions {
  readonly program: StdioProgram;
  readonly megabytes: number;
  readonly maximumMessageBytes: number;
}

/** Lines that are no message, after which a program is taken not to speak MCP. */
const mostStrayLines = 100;

/** A channel to a program that speaks MCP over its standard streams; closing it ends the program with all that it started. */
export function createStdioTransport({ program, megabytes, maximumMessageBytes }: StdioOptions): Transport {
  let child: Child | undefined;
  let stray = 0;

  const fail = (error: Error): void => {
    transport.onerror?.(error);
    void child?.end(0);
  };
  const tooLong = (): void => {
    fail(new MeshError('too_large', `The program sent a message of more than ${String(maximumMessageBytes)} bytes.`));
  };
  const receive = (line: string): void => {
    if (line.trim() === '') return;
    try {
      transport.onmessage?.(deserializeMessage(line));
    } catch {
      stray += 1;
      if (stray > mostStrayLines) fail(new MeshError('upstream_failed', 'The program does not speak MCP.'));
    }
  };

  const tellEnd = async (started: Child): Promise<void> => {
    await started.ended;
    transport.onerror?.(endedUnasked(started));
    transport.onclose?.();
  };

  const transport: Transport = {
    start: async () => {
      if (child !== undefined) throw new MeshError('invalid_state', 'This program was already started.');
      const started = await startChild({ ...program, megabytes });
      child = started;
      started.stdout.on(
        'data',
        createLineReader({ maximumBytes: maximumMessageBytes, onLine: receive, onTooLong: tooLong }),
      );
      void tellEnd(started);
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        const target = child;
        if (target === undefined || !target.stdin.writable) {
          reject(
            target === undefined ? new MeshError('unavailable', 'The program does not run.') : endedUnasked(target),
          );
          return;
        }
        target.stdin.write(`${JSON.stringify(message)}\n`, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(endedUnasked(target));
        });
      }),
    close: async () => {
      await child?.end();
    },
  };
  return Object.assign(transport, {
    // By these the SDK knows a local program, which may keep silent where an HTTP server would refuse.
    get pid() {
      return child?.pid ?? null;
    },
    stderr: null,
  });
}

function endedUnasked(child: Child): MeshError {
  const complaint = cleanText(child.complaint(), 500);
  const said = complaint === '' ? '' : `; it said: ${complaint}`;
  return new MeshError('upstream_unreachable', `The program ended${said}`);
}
