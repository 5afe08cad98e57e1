/** Where an entry is found: its tenant and the engine's own id. */
export interface EntryPlace {
  readonly tenantId: string;
  readonly id: string;
}

/** Writes the id by which callers know an entry. */
export function entryIdOf({ tenantId, id }: EntryPlace): string {
  return `${tenantId}/${id}`;
}

/** Reads ids back; those that are none of this engine's are left out. */
export function placesOf(entryIds: readonly string[], form: RegExp): readonly EntryPlace[] {
  return entryIds.flatMap((entryId) => {
    const slash = entryId.lastIndexOf('/');
    const place = { tenantId: entryId.slice(0, Math.max(0, slash)), id: entryId.slice(slash + 1) };
    return slash > 0 && form.test(entryId) ? [place] : [];
  });
}
