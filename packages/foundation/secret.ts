import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';
import { rememberSecret } from './redaction.ts';

const redacted = '[redacted]';
const comparison = randomBytes(32);

/**
 * A value that must never be printed: every way of showing it gives `[redacted]` and every way of copying it nothing; only
 * `open()` gives the text. That the memory of one nobody holds any more is cleared is not promised.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    rememberSecret(value);
    Object.freeze(this);
  }

  /** The text itself. Call it only where the secret is used. */
  open(): string {
    return this.#value;
  }

  /** Whether both have the same text, in a time that does not tell where they differ. */
  equals(other: Secret): boolean {
    return timingSafeEqual(this.#digest(), other.#digest());
  }

  #digest(): Buffer {
    return createHmac('sha256', comparison).update(this.#value).digest();
  }

  toString(): string {
    return redacted;
  }

  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'number' ? Number.NaN : redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
