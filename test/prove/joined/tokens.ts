import type { Database } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import { tokenAttacks, type AttackMaterial } from '../../../packages/features/signin/attacks.fixture.ts';
import { addUser, issuer, openSignIns } from '../../../packages/features/signin/signin.fixture.ts';
import { createSigningKeys } from '../../../packages/features/signin/signing-keys.ts';
import type { Outcome } from '../outcome.ts';

const fewest = 40;
const dayMilliseconds = 86_400_000;
const nothing = (): Promise<void> => Promise.resolve();

type World = ReturnType<typeof openSignIns>;

/** Presents every forged, confused and expired token, and a refresh token a second time: each must be refused. */
export async function proveTokens(): Promise<Outcome> {
  const database = await openTestDatabase();
  try {
    return await attack(database);
  } finally {
    await database.close();
  }
}

async function attack(database: Database): Promise<Outcome> {
  const world = openSignIns(database);
  const person = await addUser(database);
  const tokens = await world.signIns.start({ ...person, client: 'console', audience: issuer }, nothing);
  const material = await materialOf(database, world, tokens);
  const isRefused = (token: string): Promise<boolean> => refuses(() => world.signIns.authenticate(token));
  const accepted: string[] = [];
  for (const { name, forge } of tokenAttacks) if (!(await isRefused(forge(material)))) accepted.push(name);
  const control = await isRefused(material.valid);
  const { refreshToken } = material;
  await world.signIns.refresh(refreshToken, 'console');
  const reused = await refuses(() => world.signIns.refresh(refreshToken, 'console'));
  const ended = await isRefused(material.valid);
  const refused = tokenAttacks.length - accepted.length + (reused ? 1 : 0);
  return {
    figures: { jwtAttacks: tokenAttacks.length + 1, refused },
    failures: [
      ...accepted.map((name) => `the token attack was not refused: ${name}`),
      ...(reused ? [] : ['a refresh token counts twice']),
      ...(ended ? [] : ['a sign-in goes on after its refresh token came twice']),
      ...(control ? ['the token that all are made from is refused, so nothing is proved'] : []),
      ...(refused >= fewest ? [] : [`only ${String(refused)} attacks`]),
    ],
  };
}

async function materialOf(
  database: Database,
  { clock, keys, masterKeys, signIns }: World,
  tokens: Awaited<ReturnType<World['signIns']['start']>>,
): Promise<AttackMaterial> {
  const other = await signIns.start({ ...(await addUser(database)), client: 'console', audience: issuer }, nothing);
  const { privateKey: signingKey, publicKey } = keys.current();
  const before = { ...clock, now: () => clock.now() - 2 * dayMilliseconds };
  return {
    valid: tokens.accessToken.open(),
    foreign: other.accessToken.open(),
    refreshToken: tokens.refreshToken.open(),
    apiKey: `dm_admin_${'a'.repeat(36)}`,
    signingKey,
    publicKey,
    endedKey: createSigningKeys({ masterKeys, clock: before }).current(),
    now: clock.now() / 1_000,
  };
}

async function refuses(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'unauthenticated') return true;
    throw error;
  }
}
