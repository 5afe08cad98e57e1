/** One open `text/event-stream` response. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Writes an event; without `data` only its id is noted. A client too slow to read is cut off and may resume. */
  event(id: string | undefined, data: string): void;
  comment(text: string): void;
  /** Ends the response after what was written. Safe to call twice. */
  end(): void;
}

interface EventStreamOptions {
  readonly maximumBufferedBytes: number;
  /** Called once, when the client or the server has ended it. */
  readonly onEnd: () => void;
}

const encoder = new TextEncoder();

/** Opens a stream; nothing is written to one that has ended. */
export function createEventStream({ maximumBufferedBytes, onEnd }: EventStreamOptions): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  const finish = (how: (open: ReadableStreamDefaultController<Uint8Array>) => void): void => {
    if (controller === undefined) return;
    const open = controller;
    controller = undefined;
    how(open);
    onEnd();
  };

  const write = (text: string): void => {
    controller?.enqueue(encoder.encode(text));
    if ((controller?.desiredSize ?? 0) >= 0) return;
    finish((open) => {
      open.error(new Error('The client does not read its event stream.'));
    });
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened;
      },
      cancel: () => {
        finish(() => undefined);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maximumBufferedBytes }),
  );

  return {
    body,
    event: (id, data) => {
      write(`${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
    },
    comment: (text) => {
      write(`: ${text}\n\n`);
    },
    end: () => {
      finish((open) => {
        open.close();
      });
    },
  };
}
