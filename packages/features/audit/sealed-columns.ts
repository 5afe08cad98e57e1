/** What the trail keeps sealed: the keys that sign it, and the bodies that organizations want kept. */
export const sealedColumns = [
  {
    table: 'audit_keys',
    column: 'private_key',
    key: { fingerprint: 'text' },
    place: (tenantId: string, { fingerprint = '' }: Readonly<Record<string, string>>) => ({
      tenantId,
      table: 'audit_keys',
      row: fingerprint,
      field: 'private_key',
    }),
  },
  {
    table: 'audit_bodies',
    column: 'sealed',
    key: { entry_id: 'uuid' },
    place: (tenantId: string, { entry_id: entryId = '' }: Readonly<Record<string, string>>) => ({
      tenantId,
      table: 'audit_bodies',
      row: entryId,
      field: 'sealed',
    }),
  },
] as const;
