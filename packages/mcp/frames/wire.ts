import { isBinary } from '../subprotocol.ts';
import { createFrameCodec } from './codec.ts';

/** What a socket gives and takes. */
interface WireSocket {
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
}

interface WireOptions {
  readonly socket: WireSocket;
  /** The sub-protocol that was agreed on. */
  readonly chosen: string;
  readonly maximumBytes: number;
  /** Takes a message that came, in the order of the frames. */
  readonly onText: (text: string) => void;
  /** Takes the reason why a frame held no message. */
  readonly onBroken: (error: unknown) => void;
}

/** Messages over a socket, in frames of the kind that was agreed on; their order stays, however long one takes to be packed. */
export interface Wire {
  /** Sends a message; one that can no longer be sent is dropped. */
  send(text: string): void;
  /** Takes what the socket gave. */
  take(data: Buffer, isBinaryFrame: boolean): void;
  /** Resolves when what was to be sent until now has been given to the socket. */
  flush(): Promise<void>;
}

/** Frames that wait to be unpacked before no more are read, and when reading goes on. */
const many = 32;
const few = 8;

/** RFC 6455: a kind of frame that was not agreed on. */
const unsupportedData = 1003;

/** Creates the wire of one socket. */
export function createWire(options: WireOptions): Wire {
  return isBinary(options.chosen) ? binaryWire(options, options.chosen) : textWire(options);
}

function textWire({ socket, onText }: WireOptions): Wire {
  return {
    send: (text) => {
      socket.send(text);
    },
    take: (data, isBinaryFrame) => {
      if (isBinaryFrame) socket.close(unsupportedData, 'binary frames are not supported');
      else onText(data.toString());
    },
    flush: () => Promise.resolve(),
  };
}

function binaryWire(options: WireOptions, chosen: Parameters<typeof createFrameCodec>[0]['chosen']): Wire {
  const { socket, onText, onBroken, maximumBytes } = options;
  const codec = createFrameCodec({ chosen, maximumBytes });
  const sending = createQueue();
  const receiving = createQueue(() => {
    if (receiving.length === few) socket.resume();
  });
  return {
    send: (text) => {
      sending.add(
        () => codec.encode(text),
        (frame) => socket.send(frame),
        onBroken,
      );
    },
    take: (data, isBinaryFrame) => {
      if (!isBinaryFrame) {
        socket.close(unsupportedData, 'text frames are not part of this sub-protocol');
        return;
      }
      receiving.add(() => codec.decode(data), onText, onBroken);
      if (receiving.length === many) socket.pause();
    },
    flush: () => sending.idle(),
  };
}

/** Does pieces of work one after the other, so that only one message is unfolded at a time. */
interface Queue {
  readonly length: number;
  /** Resolves when all that is in it now has been done. */
  idle(): Promise<void>;
  add<Result>(work: () => Promise<Result>, done: (result: Result) => void, failed: (error: unknown) => void): void;
}

function createQueue(onDone: () => void = () => undefined): Queue {
  let last: Promise<void> = Promise.resolve();
  let length = 0;
  return {
    get length() {
      return length;
    },
    idle: () => last,
    add: (work, done, failed) => {
      length += 1;
      const settle = async (): Promise<void> => {
        try {
          done(await work());
        } catch (error) {
          failed(error);
        } finally {
          length -= 1;
          onDone();
        }
      };
      last = last.then(settle);
    },
  };
}
