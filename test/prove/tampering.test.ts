import { expect, it } from 'vitest';
import { openTrails } from '../../packages/features/audit/trail.fixture.ts';
import { proveTampering } from './tampering.ts';

it('every kind of tampering with an exported trail is found, by a clumsy hand and by one that computes every hash anew [audit.chained]', async () => {
  const trails = await openTrails();
  try {
    const [one, other] = [await trails.newTenant(), await trails.newTenant()];
    await trails.write(one, 10);
    await trails.write(other, 10);
    await trails.seal();
    await trails.write(one, 3);
    const results = await proveTampering({ trail: await trails.export(one), other: await trails.export(other) });
    expect(results.filter(({ found }) => !found)).toEqual([]);
    expect(new Set(results.map(({ kind }) => kind)).size).toBe(8);
  } finally {
    await trails.close();
  }
});
