import { inspect } from 'node:util';
import { rememberSecret } from './redaction.ts';

const redacted = '[redacted]';

/** A value that must never be printed: every way of showing it gives `[redacted]`; only `open()` gives the text. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    rememberSecret(value);
  }

  /** The text itself. Call it only where the secret is used. */
  open(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
