import { openTrails } from '../../../packages/features/audit/trail.fixture.ts';
import type { Outcome } from '../outcome.ts';
import { proveTampering } from '../tampering.ts';

const kinds = 8;

/** Tampers with an exported trail in every kind of way: the verifier must find each. */
export async function proveTrail(): Promise<Outcome> {
  const trails = await openTrails();
  try {
    const texts: string[] = [];
    for (let made = 0; made < 2; made += 1) {
      const tenant = await trails.newTenant();
      for (let part = 0; part < 3; part += 1) {
        await trails.write(tenant, 12);
        await trails.seal();
      }
      texts.push(await trails.export(tenant));
    }
    return judge(await proveTampering({ trail: texts[0] ?? '', other: texts[1] ?? '' }));
  } finally {
    await trails.close();
  }
}

function judge(results: Awaited<ReturnType<typeof proveTampering>>): Outcome {
  const missed = results.filter(({ found }) => !found);
  const found = new Set(results.map(({ kind }) => kind).filter((kind) => !missed.some((one) => one.kind === kind)));
  return {
    figures: { tamperingKinds: found.size, tamperings: results.length },
    failures: [
      ...missed.map(({ kind, way }) => `tampering was not found: ${kind}, ${way}`),
      ...(found.size === kinds ? [] : [`${String(found.size)} of ${String(kinds)} kinds of tampering were found`]),
    ],
  };
}
