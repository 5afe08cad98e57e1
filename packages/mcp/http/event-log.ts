/** One server-sent event, in the order of its session. */
export interface LoggedEvent {
  readonly streamId: string;
  readonly sequence: number;
  readonly text: string;
}

/** The latest events of one session, so that a broken stream can be resumed. */
export interface EventLog {
  append(streamId: string, text: string): LoggedEvent;
  /** The remembered events of a stream after a sequence number, oldest first. */
  after(streamId: string, sequence: number): readonly LoggedEvent[];
  /** Whether events after this number have been forgotten, of whichever stream. */
  hasForgotten(sequence: number): boolean;
}

/** Remembers events up to a number and a size; the newest is always remembered. */
export function createEventLog(limits: { readonly events: number; readonly bytes: number }): EventLog {
  const events: LoggedEvent[] = [];
  let bytes = 0;
  let sequence = 0;
  let forgotten = 0;

  const forget = (): void => {
    while (events.length > 1 && (events.length > limits.events || bytes > limits.bytes)) {
      const oldest = events.shift();
      if (oldest === undefined) return;
      bytes -= oldest.text.length;
      forgotten = oldest.sequence;
    }
  };

  return {
    append: (streamId, text) => {
      sequence += 1;
      const event = { streamId, sequence, text };
      events.push(event);
      bytes += text.length;
      forget();
      return event;
    },
    after: (streamId, last) => events.filter((event) => event.streamId === streamId && event.sequence > last),
    hasForgotten: (last) => forgotten > last,
  };
}

/** The id of an event as the client sees it. */
export function eventId(streamId: string, sequence: number): string {
  return `${streamId}.${String(sequence)}`;
}

/** Reads a `Last-Event-ID`; undefined where it is none of ours. */
export function parseEventId(id: string): { readonly streamId: string; readonly sequence: number } | undefined {
  const match = /^([a-z0-9]{1,20})\.(\d{1,15})$/.exec(id);
  const [, streamId, sequence] = match ?? [];
  return streamId === undefined ? undefined : { streamId, sequence: Number(sequence) };
}
