import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { MeshError, Secret, type Clock } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { endOfChain, placeAt } from './chain-end.ts';
import { signCheckpoint } from './format/checkpoint.ts';
import { fingerprintOf, signKeyNote } from './format/key-note.ts';
import { rawPublicKey, type Signer } from './format/note.ts';
import type { KeySafe } from './key-safe.ts';
import type { ChainPlace } from './store-chain.ts';
import {
  insertCheckpoint,
  insertKey,
  lockSigningKey,
  retireKey,
  type CheckpointKind,
  type SigningKeyRow,
} from './store-proof.ts';

export interface SigningOptions {
  readonly vault: KeySafe;
  readonly clock: Clock;
}

/** A key that was just made. */
export interface NewSigningKey {
  readonly number: number;
  readonly fingerprint: string;
}

/** Signs the chain at a place of it, for as long as the transaction holds the key. */
export async function signPlace(
  options: SigningOptions,
  tx: Tx,
  { tenantId, digest, ...place }: ChainPlace & { readonly tenantId: string; readonly digest?: string | undefined },
): Promise<string> {
  const signer = await signerOfTenant(options, tx, tenantId);
  return signCheckpoint({ tenantId, ...place, time: timeOf(options), digest }, signer);
}

/** Signs and keeps a checkpoint of a place, unless there is one. */
export async function keepCheckpoint(
  options: SigningOptions,
  tx: Tx,
  { tenantId, kind, seq }: { readonly tenantId: string; readonly kind: CheckpointKind; readonly seq: number },
): Promise<void> {
  const place = await placeAt(tx, tenantId, seq);
  const note = await signPlace(options, tx, { tenantId, ...place });
  await insertCheckpoint(tx, { seq, kind, note });
}

async function signerOfTenant(options: SigningOptions, tx: Tx, tenantId: string): Promise<Signer> {
  const row = (await lockSigningKey(tx, 'share')) ?? (await firstKey(options, tx, tenantId));
  return openSigner(options, tx, tenantId, row);
}

async function firstKey(options: SigningOptions, tx: Tx, tenantId: string): Promise<SigningKeyRow> {
  await addKey(options, tx, { tenantId, afterSeq: 0, before: undefined });
  // Another transaction may have been first, so what is stored counts.
  const row = await lockSigningKey(tx, 'share');
  if (row === undefined) throw new MeshError('internal', 'The key that signs the trail was not stored.');
  return row;
}

async function openSigner(
  { vault }: SigningOptions,
  tx: Tx,
  tenantId: string,
  { fingerprint, privateKey }: SigningKeyRow,
): Promise<Signer> {
  if (privateKey === null) throw new MeshError('internal', 'The key that signs the trail has no private part.');
  const pem = await vault.open(tx, placeOf(tenantId, fingerprint), privateKey);
  const key = createPrivateKey(pem.open());
  const publicKey = rawPublicKey(createPublicKey(key));
  if (fingerprintOf(publicKey) !== fingerprint) {
    throw new MeshError('internal', 'The key that signs the trail is not the one that was introduced.');
  }
  return { publicKey, privateKey: key };
}

function placeOf(tenantId: string, fingerprint: string) {
  return { tenantId, table: 'audit_keys', row: fingerprint, field: 'private_key' };
}

interface Succession {
  readonly tenantId: string;
  readonly afterSeq: number;
  readonly before: { readonly number: number; readonly signer: Signer } | undefined;
}

async function addKey(
  options: SigningOptions,
  tx: Tx,
  { tenantId, afterSeq, before }: Succession,
): Promise<NewSigningKey> {
  const pair = generateKeyPairSync('ed25519');
  const own: Signer = { publicKey: rawPublicKey(pair.publicKey), privateKey: pair.privateKey };
  const number = (before?.number ?? 0) + 1;
  const time = timeOf(options);
  const key = { tenantId, number, publicKey: own.publicKey, previous: before?.signer.publicKey, afterSeq, time };
  const pem = new Secret(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const fingerprint = fingerprintOf(own.publicKey);
  const privateKey = await options.vault.seal(tx, placeOf(tenantId, fingerprint), pem);
  await insertKey(tx, { number, fingerprint, note: signKeyNote(key, own, before?.signer), privateKey });
  return { number, fingerprint };
}

/**
 * Gives the tenant a new key from the present end of the chain on. The old key signs the hand-over, its last signature:
 * its private part is forgotten.
 */
export async function rotateKey(options: SigningOptions, tx: Tx, tenantId: string): Promise<NewSigningKey> {
  const row = (await lockSigningKey(tx, 'update')) ?? (await firstKey(options, tx, tenantId));
  const signer = await openSigner(options, tx, tenantId, row);
  const { seq } = await endOfChain(tx, tenantId);
  const made = await addKey(options, tx, { tenantId, afterSeq: seq, before: { number: row.number, signer } });
  await retireKey(tx, row.number);
  return made;
}

function timeOf({ clock }: SigningOptions): string {
  return new Date(clock.now()).toISOString();
}
