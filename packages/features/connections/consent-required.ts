import { MeshError } from '@devmesh/foundation';
import type { ConnectionMode } from './provider.ts';

/** Tells whoever called a tool who must consent, and how that begins. */
export function consentRequired(provider: string, mode: ConnectionMode, reason: string | undefined): MeshError {
  const who = mode === 'user' ? 'You have' : 'The organization has';
  const what = `${who} no working connection to ${provider}.`;
  const how = `Start one with POST /api/v1/connections or "devmesh connections start --provider ${provider} --mode ${mode}", and open the address that it answers.`;
  return new MeshError('consent_required', [what, reason, how].filter((part) => part !== undefined).join(' '));
}
