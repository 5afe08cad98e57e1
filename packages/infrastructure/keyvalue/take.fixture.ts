import fc from 'fast-check';

/** One limit of a generated check. */
export interface LimitSpec {
  readonly key: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** One to four limits that hold at once, small enough to be met. */
export const limits: fc.Arbitrary<readonly LimitSpec[]> = fc
  .array(fc.record({ limit: fc.integer({ min: 1, max: 7 }), windowSeconds: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((specs) => specs.map((spec, at) => ({ ...spec, key: `limit-${String(at)}` })));

/** Milliseconds between one check and the next. */
export const arrivals: fc.Arbitrary<readonly number[]> = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_500 })),
  { maxLength: 30 },
);
