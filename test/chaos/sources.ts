import { createClient } from '@devmesh/api';

/** Where a sender posts to, and how it signs. */
export interface Source {
  readonly tenantId: string;
  readonly path: string;
  readonly secret: string;
}

/** An organization as its administrator has it. */
export interface Organization {
  readonly tenantId: string;
  readonly key: string;
  readonly sources: readonly Source[];
}

const names = ['north', 'south', 'east', 'west'] as const;

/** What the title of a task begins with that a delivery caused; the delivery's id follows. */
export const titlePrefix = 'Chaos ';

/** Registers organizations, each with sources whose rule makes one task of each event. */
export function registerOrganizations(
  apiUrl: string,
  count: number,
  sourcesEach = 2,
): Promise<readonly Organization[]> {
  return Promise.all(
    Array.from({ length: count }, (_value, index) =>
      registerOrganization(apiUrl, names[index] ?? `more-${String(index)}`, sourcesEach),
    ),
  );
}

async function registerOrganization(apiUrl: string, slug: string, sourcesEach: number): Promise<Organization> {
  const { organization, adminKey } = await createClient({ baseUrl: apiUrl }).identity.registerOrganization({
    body: { slug, name: slug },
  });
  const client = createClient({ baseUrl: apiUrl, key: adminKey.token });
  const sources: Source[] = [];
  for (let number = 1; number <= sourcesEach; number++) {
    const { source, secret } = await client.webhooks.createSource({
      body: {
        name: `${slug}-${String(number)}`,
        kind: 'github',
        rules: [
          { events: ['push'], action: { type: 'task', title: `${titlePrefix}{delivery}`, capability: 'review' } },
        ],
      },
    });
    sources.push({ tenantId: organization.id, path: source.path, secret });
  }
  return { tenantId: organization.id, key: adminKey.token, sources };
}
