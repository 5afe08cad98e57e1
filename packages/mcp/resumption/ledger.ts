/** How much one side remembers of what it sent and the other has not acknowledged. */
interface LedgerLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What all ledgers of a process hold together. */
export interface LedgerBudget {
  readonly maximumBytes: number;
  usedBytes: number;
}

/**
 * What one side of a conversation has sent and heard, counted from its beginning, so that after a cut both sides go on where the other
 * stands. A socket keeps the order, so counts are all that it takes.
 */
export interface Ledger<Message> {
  /** Messages heard. */
  readonly heard: number;
  /** Whether something that was not acknowledged is not remembered any more. */
  readonly forgetful: boolean;
  /** Counts a message that came, and acknowledges from time to time. */
  hear(bytes: number): void;
  /** Acknowledges what has not been yet. */
  acknowledge(): void;
  /** Remembers a message that is being sent. */
  say(message: Message, bytes: number): void;
  /** The other side has heard so many; false for a count that cannot be. */
  confirm(count: number): boolean;
  /** What was said and not confirmed, oldest first. */
  unconfirmed(): readonly Message[];
  /** Remembers nothing any more. */
  clear(): void;
}

interface LedgerOptions {
  readonly limits: LedgerLimits;
  readonly budget?: LedgerBudget | undefined;
  /** Tells the other side how many messages were heard. */
  readonly tell: (count: number) => void;
}

/** Messages and bytes after which the other side is told without being asked. */
const tellAfter: LedgerLimits = { messages: 32, bytes: 64 * 1024 };

/** Creates an empty ledger. */
export function createLedger<Message>({ limits, budget, tell }: LedgerOptions): Ledger<Message> {
  const memory = createMemory<Message>(limits, budget);
  let heard = 0;
  let told = 0;
  let untoldBytes = 0;

  const acknowledge = (): void => {
    if (told === heard) return;
    told = heard;
    untoldBytes = 0;
    tell(heard);
  };
  return {
    ...memory,
    get heard() {
      return heard;
    },
    get forgetful() {
      return memory.forgetful;
    },
    hear: (bytes) => {
      heard += 1;
      untoldBytes += bytes;
      if (heard - told >= tellAfter.messages || untoldBytes >= tellAfter.bytes) acknowledge();
    },
    acknowledge,
  };
}

type Memory<Message> = Pick<Ledger<Message>, 'forgetful' | 'say' | 'confirm' | 'unconfirmed' | 'clear'>;

function createMemory<Message>(limits: LedgerLimits, budget: LedgerBudget | undefined): Memory<Message> {
  let kept: { readonly message: Message; readonly bytes: number }[] = [];
  let keptBytes = 0;
  let said = 0;
  let confirmed = 0;
  let forgotten = 0;

  const drop = (count: number): void => {
    let bytes = 0;
    for (const entry of kept.splice(0, count)) bytes += entry.bytes;
    keptBytes -= bytes;
    if (budget !== undefined) budget.usedBytes -= bytes;
  };
  const overfull = (): boolean =>
    kept.length > limits.messages ||
    keptBytes > limits.bytes ||
    (budget !== undefined && budget.usedBytes > budget.maximumBytes);
  const forget = (): void => {
    drop(kept.length);
    forgotten = said;
  };
  return {
    get forgetful() {
      return forgotten > confirmed;
    },
    say: (message, bytes) => {
      said += 1;
      // What has a gap cannot be replayed, so nothing is gained by remembering more.
      if (forgotten > confirmed) {
        forgotten = said;
        return;
      }
      kept.push({ message, bytes });
      keptBytes += bytes;
      if (budget !== undefined) budget.usedBytes += bytes;
      if (overfull()) forget();
    },
    confirm: (count) => {
      if (!Number.isSafeInteger(count) || count < 0 || count > said) return false;
      if (count <= confirmed) return true;
      const first = said - kept.length;
      confirmed = count;
      drop(Math.max(0, count - first));
      return true;
    },
    unconfirmed: () => kept.map(({ message }) => message),
    clear: () => {
      drop(kept.length);
      kept = [];
    },
  };
}

/** What a Pong frame carries that acknowledges messages. */
export function acknowledgement(count: number): string {
  return `ack ${String(count)}`;
}

/** Reads what a Pong frame carries; undefined where it acknowledges nothing. */
export function readAcknowledgement(payload: Buffer): number | undefined {
  if (payload.byteLength > 20) return undefined;
  const [, count] = /^ack (\d{1,15})$/u.exec(payload.toString('latin1')) ?? [];
  return count === undefined ? undefined : Number(count);
}
