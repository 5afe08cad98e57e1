import type { MigrationConnection } from '@devmesh/infrastructure';

/** Notes every failed try in a table of its own, whatever the product's own count says. */
const witness = `
  create schema chaos;
  create table chaos.tries (event_id uuid not null);
  create function chaos.note_try() returns trigger language plpgsql security definer as $$
  begin
    insert into chaos.tries values (new.id);
    return null;
  end $$;
  create trigger note_try after update on mcp.webhook_events for each row
    when (new.last_error is not null and (new.attempts, new.status) is distinct from (old.attempts, old.status))
    execute function chaos.note_try();
`;

/** Puts the witness into a migrated database; only its superuser can. */
export async function placeWitness(connection: MigrationConnection): Promise<void> {
  await connection.script(witness);
}

/** How often each delivery was tried in vain. */
export async function readTries(connection: Pick<MigrationConnection, 'query'>): Promise<ReadonlyMap<string, number>> {
  const rows = await connection.query<{ delivery: string; tries: string }>(
    `select event.payload ->> 'sent' as delivery, count(*) as tries
     from chaos.tries as try join mcp.webhook_events as event on event.id = try.event_id group by 1`,
  );
  return new Map(rows.map(({ delivery, tries }) => [delivery, Number(tries)]));
}
