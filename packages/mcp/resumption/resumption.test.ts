import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledgement, createLedger, readAcknowledgement } from './ledger.ts';
import { readResumeGrant, readResumeRequest, writeResumeGrant, writeResumeRequest } from './resume-header.ts';

const limits = { messages: 20, bytes: 1_000 };
const token = fc.base64String().map((text) =>
  text
    .replaceAll(/[^A-Za-z0-9]/gu, '-')
    .padEnd(43, '_')
    .slice(0, 43),
);
const count = fc.nat({ max: 100_000_000 });

describe('a ledger', () => {
  it('lets the other side go on without a gap and without a repetition, wherever it was cut [mcp.sessions-resume]', () => {
    const step = fc.oneof(
      fc.record({ say: fc.nat({ max: 200 }) }),
      fc.record({ arrive: fc.nat({ max: 5 }) }),
      fc.constant({ cut: true as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heard: number[] = [];
        let under: number[] = [];
        let said = 0;
        let possible = true;
        const listener = createLedger<never>({ limits, tell: (told) => speaker.confirm(told) });
        const speaker = createLedger<number>({ limits, tell: () => undefined });
        const arrive = (most: number): void => {
          for (const message of under.splice(0, most)) {
            heard.push(message);
            listener.hear(1);
          }
        };
        for (const one of steps) {
          if ('say' in one) {
            speaker.say(said, one.say);
            under.push(said);
            said += 1;
          } else if ('arrive' in one) arrive(one.arrive);
          else {
            possible &&= speaker.confirm(listener.heard);
            if (speaker.forgetful) return;
            under = [...speaker.unconfirmed()];
          }
        }
        arrive(Number.MAX_SAFE_INTEGER);
        expect(possible).toBe(true);
        expect(heard).toEqual(Array.from({ length: said }, (_, at) => at));
      }),
      { numRuns: 500 },
    );
  });

  it('remembers no more than its limits and its budget, and gives back what it used', () => {
    const budget = { maximumBytes: 100, usedBytes: 0 };
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 60 }), fc.boolean()), { maxLength: 50 }), (steps) => {
        const ledger = createLedger<number>({ limits, budget, tell: () => undefined });
        steps.forEach(([bytes, confirmed], at) => {
          ledger.say(at, bytes);
          if (confirmed) ledger.confirm(at + 1);
          expect(budget.usedBytes).toBeLessThanOrEqual(100);
          expect(ledger.unconfirmed().length).toBeLessThanOrEqual(limits.messages);
        });
        ledger.clear();
        expect(budget.usedBytes).toBe(0);
      }),
    );
  });

  it('is forgetful from what it could not keep until that was confirmed', () => {
    const ledger = createLedger<string>({ limits, tell: () => undefined });
    ledger.say('large', 2_000);
    expect(ledger.forgetful).toBe(true);
    ledger.say('small', 1);
    expect(ledger.confirm(1)).toBe(true);
    expect(ledger.forgetful).toBe(true);
    expect(ledger.confirm(2)).toBe(true);
    expect(ledger.forgetful).toBe(false);
    ledger.say('next', 1);
    expect(ledger.unconfirmed()).toEqual(['next']);
  });

  it.each([-1, 3, 0.5, Number.NaN])('takes no count that cannot be: %s of 2', (wrong) => {
    const ledger = createLedger<string>({ limits, tell: () => undefined });
    ledger.say('a', 1);
    ledger.say('b', 1);
    expect(ledger.confirm(wrong)).toBe(false);
    expect(ledger.unconfirmed()).toEqual(['a', 'b']);
  });

  it('acknowledges each 32 messages and each 64 KiB by itself, and the rest when asked', () => {
    const told: number[] = [];
    const ledger = createLedger<string>({ limits, tell: (heard) => told.push(heard) });
    for (let at = 0; at < 33; at += 1) ledger.hear(1);
    ledger.acknowledge();
    ledger.acknowledge();
    ledger.hear(64 * 1024);
    expect(told).toEqual([32, 33, 34]);
  });
});

describe('what goes over the wire', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(token, count, count, (given, heard, keptSeconds) => {
        const request = { token: given, heard };
        expect(readResumeRequest(writeResumeRequest(request))).toEqual(request);
        const grant = { token: given, heard, keptSeconds };
        expect(readResumeGrant(writeResumeGrant(grant))).toEqual(grant);
        expect(readAcknowledgement(Buffer.from(acknowledgement(heard)))).toBe(heard);
      }),
    );
    expect(readResumeRequest(writeResumeRequest('new'))).toBe('new');
  });

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 125 }), (text, payload) => {
        expect(readResumeGrant(text)).toBeUndefined();
        expect(text === 'new' || readResumeRequest(text) === undefined).toBe(true);
        const read = readAcknowledgement(Buffer.from(payload));
        expect(read === undefined || acknowledgement(read).length === payload.byteLength).toBe(true);
      }),
    );
  });
});
