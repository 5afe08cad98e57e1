import { eventId, type EventLog, type LoggedEvent } from './event-log.ts';
import { createEventStream, type EventStream } from './event-stream.ts';

/** Where the messages of one logical stream come out; its reader may break off and return. */
export interface Outlet {
  readonly id: string;
  /** Logs a message and hands it to the reader, if there is one. */
  publish(text: string): void;
  /** Opens a reader, which takes over from an earlier one, and hands it what came after that event. */
  attach(after?: number): ReadableStream<Uint8Array>;
  /** Names the start of the stream, so that a reader who gets no further can still resume. */
  prime(): void;
  /** Ends the reader's stream. */
  end(): void;
}

interface OutletOptions {
  readonly id: string;
  readonly log: EventLog;
  /** The open readers of the whole session. */
  readonly readers: Set<EventStream>;
  readonly maximumBufferedBytes: number;
}

/** Creates an outlet without a reader. */
export function createOutlet({ id, log, readers, maximumBufferedBytes }: OutletOptions): Outlet {
  let reader: EventStream | undefined;
  let handed = 0;

  const hand = (event: LoggedEvent): void => {
    if (reader === undefined) return;
    handed = event.sequence;
    reader.event(eventId(id, event.sequence), event.text);
  };

  const open = (): EventStream => {
    const stream: EventStream = createEventStream({
      maximumBufferedBytes,
      onEnd: () => {
        readers.delete(stream);
        if (reader === stream) reader = undefined;
      },
    });
    readers.add(stream);
    return stream;
  };

  return {
    id,
    publish: (text) => {
      hand(log.append(id, text));
    },
    attach: (after = handed) => {
      reader?.end();
      const stream = open();
      reader = stream;
      // Something must be written at once, or some servers hold the headers back.
      stream.comment(log.hasForgotten(after) ? 'earlier events may have been forgotten' : 'open');
      for (const event of log.after(id, after)) hand(event);
      return stream.body;
    },
    prime: () => reader?.event(eventId(id, 0), ''),
    end: () => reader?.end(),
  };
}
