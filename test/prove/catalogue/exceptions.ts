/** Where the tenant of a row stands, where that is not `tenant_id`, and why. */
export const tenantColumns: Readonly<Record<string, string>> = {
  // The row is the tenant.
  organizations: 'id',
};

/** Tables whose rows belong to no organization: what stands in their tenant column, and why. */
export const rowsOfNobody: Readonly<Record<string, { readonly tenant: string; readonly because: string }>> = {
  stream_groups: {
    tenant: '00000000-0000-0000-0000-000000000000',
    because: 'a group of consumers reads the topics of every tenant; it is a name and holds nothing of one',
  },
};

/** Unique keys without the tenant, and why one tenant may collide with another in them. */
export const keysAcrossTenants: Readonly<Record<string, string>> = {
  organizations_slug_key: 'a slug is the public name of an organization, so only one has it',
  api_keys_token_hash_key: 'the hash of 256 random bits is what finds the organization of a key; nobody chooses one',
  invitations_token_hash_key: 'the hash of a random token finds the organization that invites; nobody chooses one',
  webhook_sources_id:
    'the id is the public address that a sender posts to, and finds the organization; we make it by chance',
};

/** Foreign keys that do not carry the tenant, and why. */
export const foreignKeysAcrossTenants: Readonly<Record<string, string>> = {};

/** Functions that run with the rights of their owner: who may call them, and why they have to. */
export const definerFunctions: Readonly<Record<string, { readonly caller: string; readonly because: string }>> = {
  make_next_partition: {
    caller: 'devmesh_system',
    because: 'partitions are made ahead by the job that keeps them, which owns no table',
  },
  drop_partition: {
    caller: 'devmesh_system',
    because: 'a partition that nobody keeps any more is dropped whole, by a job that owns no table',
  },
};

interface ApplicationRights {
  readonly verbs: readonly ('select' | 'insert' | 'update' | 'delete')[];
  /** Columns that may be updated where not all may. */
  readonly updates?: readonly string[];
}

/** Tables on which the application role has less than select, insert, update and delete. */
export const applicationRights: Readonly<Record<string, ApplicationRights>> = {
  // Append-only.
  audit_log: { verbs: ['select', 'insert'] },
  // Written by the job that seals the trail.
  audit_chain: { verbs: ['select'] },
  audit_positions: { verbs: ['select'] },
  audit_checkpoints: { verbs: ['select', 'insert'] },
  // Only what a rotation of keys seals anew.
  audit_keys: { verbs: ['select', 'insert'], updates: ['private_key', 'retired_at'] },
  audit_bodies: { verbs: ['select', 'insert'], updates: ['sealed'] },
  // What is left of an organization stays.
  tombstones: { verbs: ['select', 'insert', 'update'] },
  // The stream serves all tenants, so one job alone writes to it; a tenant may look at its own entries.
  stream_groups: { verbs: ['select'] },
  stream_entries: { verbs: ['select'] },
  stream_deliveries: { verbs: ['select'] },
};
