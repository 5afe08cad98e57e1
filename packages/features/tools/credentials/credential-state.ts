import type { Tx } from '@devmesh/infrastructure';
import type { Connections } from '../../connections/index.ts';
import type { CallableRow } from '../store.ts';
import { chooseCredentials } from './choose-credentials.ts';
import { wanted } from './missing.ts';
import { originOf } from './origin.ts';
import { selectCredentials } from './store-credentials.ts';

/** Whether a call has what it authenticates with; `none` where it is sent without. */
export type CredentialState =
  | { readonly state: 'stored' | 'none' | 'consent_required' }
  /** The alternatives that are not filled, in words. */
  | { readonly state: 'missing'; readonly wanted: string };

interface Asking {
  readonly connections: Pick<Connections, 'hasConsent'>;
  readonly row: Pick<CallableRow, 'toolId' | 'baseUrl' | 'serverUrl' | 'security'>;
  readonly userId: string | undefined;
}

/** What a call of that person would be sent under, without asking anybody for a token. */
export async function credentialState(tx: Tx, { connections, row, userId }: Asking): Promise<CredentialState> {
  const origin = originOf(row.serverUrl ?? row.baseUrl);
  const held = await selectCredentials(tx, row.toolId, userId);
  const choice = chooseCredentials(
    row.security,
    held.filter(({ origins }) => origins.includes(origin)),
  );
  if (choice.found === 'missing') return { state: 'missing', wanted: wanted(choice.missing) };
  if (choice.found === 'anonymous') return { state: 'none' };
  for (const { credential } of choice.chosen) {
    const { providerId, mode } = credential;
    if (providerId === null || mode === null) continue;
    if (!(await connections.hasConsent(tx, { providerId, mode, userId }))) return { state: 'consent_required' };
  }
  return { state: choice.chosen.every(({ credential }) => credential.kind === 'none') ? 'none' : 'stored' };
}
