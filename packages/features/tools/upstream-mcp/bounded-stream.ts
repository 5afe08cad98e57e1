import { MeshError } from '@devmesh/foundation';

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * The answer, whose messages are no larger than `maximumBytes`: the whole body, or each event of a `text/event-stream`. Beyond it
 * reading fails with `too_large`, so that no parser collects what never ends.
 */
export function boundMessages(response: Response, maximumBytes: number): Response {
  if (response.body === null) return response;
  const streams = response.headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true;
  const measure = streams ? createEventMeter(maximumBytes) : createBodyMeter(maximumBytes);
  const meter = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      measure(chunk);
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  const bounded = new Response(response.body.pipeThrough(meter), { status, statusText, headers });
  // The SDK resolves relative addresses against it.
  Object.defineProperty(bounded, 'url', { value: response.url });
  return bounded;
}

type Meter = (chunk: Uint8Array) => void;

function createBodyMeter(maximumBytes: number): Meter {
  let bytes = 0;
  return (chunk) => {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) throw tooLarge(maximumBytes);
  };
}

/** An event ends with an empty line. */
function createEventMeter(maximumBytes: number): Meter {
  let bytes = 0;
  let lineIsEmpty = false;
  return (chunk) => {
    for (const byte of chunk) {
      bytes += 1;
      if (byte === newline) {
        if (lineIsEmpty) bytes = 0;
        lineIsEmpty = true;
      } else if (byte !== carriageReturn) lineIsEmpty = false;
      if (bytes > maximumBytes) throw tooLarge(maximumBytes);
    }
  };
}

function tooLarge(maximumBytes: number): MeshError {
  return new MeshError('too_large', `The server sent a message of more than ${String(maximumBytes)} bytes.`);
}
