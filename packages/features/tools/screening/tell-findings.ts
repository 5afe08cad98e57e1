import type { Tx } from '@devmesh/infrastructure';
import type { Notifications } from '../../notifications/index.ts';
import type { ScreeningFinding } from './screener.ts';

interface Told {
  readonly service: string;
  readonly before: readonly ScreeningFinding[];
  readonly findings: readonly ScreeningFinding[];
}

const mostLines = 20;
/** Names of properties can be sentences. */
const plainPlace = /^[\w.$-]+$/u;

/** Tells the organization of what was not found before. */
export async function tellFindings(
  notifications: Pick<Notifications, 'notifyIn'> | undefined,
  tx: Tx,
  { service, before, findings }: Told,
): Promise<void> {
  const known = new Set(before.map(keyOf));
  const fresh = findings.filter((finding) => !known.has(keyOf(finding)));
  if (fresh.length === 0) return;
  const lines = fresh
    .slice(0, mostLines)
    .map(({ subject, at, code }) => `- ${subject}: ${code} in ${plainPlace.test(at) ? at : 'a name'}`);
  const more = fresh.length > lines.length ? [`and ${String(fresh.length - lines.length)} more.`] : [];
  await notifications?.notifyIn(tx, {
    title: `${service} says things that want a look`,
    // What it says is left out: whoever reads notices may be a model too.
    text: [
      'They may be meant for the models that read them. The service shows them as its findings.',
      ...lines,
      ...more,
    ].join('\n'),
    severity: 'warning',
    actor: 'system:tools',
  });
}

function keyOf({ subject, at, code, excerpt }: ScreeningFinding): string {
  return JSON.stringify([subject, at, code, excerpt]);
}
