/** A line of docs/map.md: a name of the mission and the room where it lives. */
export interface Place {
  readonly section: string;
  readonly name: string;
  readonly room: string;
  readonly state: string;
}

const line = /^\| `([^`]+)` \| `([^`]+)` \| (here|stage [1-8]|later) \|/;

/** The lines of the map; throws at a table line that is none. */
export function readMap(text: string): readonly Place[] {
  const places: Place[] = [];
  let section = '';
  for (const row of text.split('\n')) {
    if (row.startsWith('## ')) section = row.slice(3);
    if (!row.startsWith('| ') || /^\| (?:Name|---) \|/.test(row)) continue;
    const [, name, room, state] = line.exec(row) ?? [];
    if (name === undefined || room === undefined || state === undefined)
      throw new Error(`not a line of the map: ${row}`);
    places.push({ section, name, room, state });
  }
  return places;
}
