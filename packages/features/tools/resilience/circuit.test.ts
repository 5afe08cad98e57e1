import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCircuit, type Verdict } from './circuit.ts';

const limits = { breakAfter: 3, openMilliseconds: 1_000 };

function opened() {
  let now = 0;
  let opens = 0;
  const circuit = createCircuit({ name: 'host', clock: { now: () => now }, onOpen: () => (opens += 1) });
  const call = (verdict: Verdict): void => circuit.enter(limits)(verdict);
  return {
    circuit,
    call,
    opens: () => opens,
    pass: (milliseconds: number): void => {
      now += milliseconds;
    },
    open: (): void => {
      for (let failure = 0; failure < limits.breakAfter; failure += 1) call('failed');
    },
  };
}

describe('a circuit', () => {
  it('opens after that many failures in a row, and says when to come back [resilience.circuit]', () => {
    const { call, circuit } = opened();
    call('failed');
    call('failed');
    call('answered');
    call('failed');
    call('failed');
    call('neither');
    call('failed');
    expect(() => circuit.enter(limits)).toThrow(
      expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 1 }) as Error,
    );
  });

  it('lets one probe through at a time, and closes when it is answered', () => {
    const { open, pass, circuit, call } = opened();
    open();
    pass(999);
    expect(() => circuit.enter(limits)).toThrow('left alone');
    pass(1);
    const probe = circuit.enter(limits);
    expect(() => circuit.enter(limits)).toThrow('left alone');
    probe('answered');
    call('failed');
    call('failed');
    call('answered');
  });

  it('takes what began before it turned for no news of the time after', () => {
    const { open, pass, circuit, opens } = opened();
    const early = circuit.enter(limits);
    open();
    pass(1_000);
    circuit.enter(limits)('answered');
    early('failed');
    expect(opens()).toBe(1);
    expect(() => circuit.enter(limits)).not.toThrow();
  });

  it('lets another probe through where one ended without a word', () => {
    const { open, pass, circuit } = opened();
    open();
    pass(1_000);
    circuit.enter(limits)('neither');
    expect(() => circuit.enter(limits)).not.toThrow();
  });

  it('asks a host that stays away less and less often, at least every two minutes', () => {
    const { open, pass, circuit } = opened();
    open();
    let wait = 1_000;
    for (let round = 0; round < 10; round += 1) {
      pass(wait - 1);
      expect(() => circuit.enter(limits)).toThrow('left alone');
      pass(1);
      circuit.enter(limits)('failed');
      wait = Math.min(wait * 2, 120_000);
    }
  });

  it('does not go by calls that began before it turned', () => {
    const { open, circuit, pass, opens } = opened();
    const late = [circuit.enter(limits), circuit.enter(limits)];
    open();
    late[0]?.('answered');
    expect(() => circuit.enter(limits)).toThrow('left alone');
    pass(1_000);
    circuit.enter(limits)('answered');
    for (let time = 0; time < 3; time += 1) late[1]?.('failed');
    circuit.enter(limits)('failed');
    circuit.enter(limits)('failed');
    expect(opens()).toBe(1);
  });

  it('hears one verdict of each call only', () => {
    const { circuit, opens } = opened();
    const tell = circuit.enter(limits);
    for (let time = 0; time < 5; time += 1) tell('failed');
    expect(opens()).toBe(0);
  });

  it('whatever happens, never has two probes on their way and never refuses for ever', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('enter' as const) }),
      fc.record({
        kind: fc.constant('end' as const),
        verdict: fc.constantFrom<Verdict>('answered', 'failed', 'neither'),
      }),
      fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.integer({ min: 0, max: 3_000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { circuit, pass, opens } = opened();
        let refusedUnopened = false;
        const running: { tell: (verdict: Verdict) => void; opensThen: number }[] = [];
        for (const one of steps) {
          if (one.kind === 'pass') pass(one.milliseconds);
          else if (one.kind === 'end') running.shift()?.tell(one.verdict);
          else {
            try {
              const tell = circuit.enter(limits);
              running.push({ tell, opensThen: opens() });
            } catch {
              refusedUnopened ||= opens() === 0;
            }
          }
        }
        expect(refusedUnopened).toBe(false);
        for (const { tell } of running) tell('neither');
        pass(120_000);
        expect(() => circuit.enter(limits)).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});
