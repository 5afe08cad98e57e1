import type { Instance } from '../instance/instance.ts';
import type { Findings } from './report.ts';

interface Entry {
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
}

/** Looks for an entry in B's own trail for everything that B asked for in vain. */
export async function checkTrail({ apiUrl, b }: Instance, findings: Findings): Promise<void> {
  const wanted = new Map(findings.attempts);
  let cursor: string | undefined;
  do {
    const url = new URL(
      `/api/v1/audit?limit=200${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      apiUrl,
    );
    const response = await fetch(url, { headers: { authorization: `Bearer ${b.key}` } });
    if (!response.ok)
      throw new Error(`the trail was answered with ${String(response.status)}: ${await response.text()}`);
    const page = (await response.json()) as { readonly items: readonly Entry[]; readonly nextCursor?: string };
    for (const entry of page.items) {
      if (entry.outcome === 'denied' && JSON.stringify(entry).includes('not_in_organization')) take(wanted, entry);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined && wanted.size > 0);
  for (const { operation, subject } of wanted.values()) {
    findings.problems.push(`${operation} was asked in vain for ${subject}, and B's trail has no entry of it`);
  }
}

function take(wanted: Map<string, { readonly operation: string; readonly subject: string }>, entry: Entry): void {
  for (const [key, { operation, subject }] of wanted) {
    // An entry names every id that the request was given, cut to what a subject may have.
    // The embedded database gives a text back without the byte order mark that it began with.
    const stored = subject.replace(/^\u{FEFF}/u, '');
    if (operation === entry.action && (entry.subject.includes(stored) || entry.subject.length === 100))
      wanted.delete(key);
  }
}
