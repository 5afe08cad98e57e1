import { mkdir, open, readdir, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError, type Logger } from '@devmesh/foundation';
import { createOpenNotes, type OpenNotes } from './open-notes.ts';
import type { Journal, Note } from './port.ts';

interface FileJournalOptions {
  /** Owned by this process; it is made where there is none. */
  readonly folder: string;
  readonly log: Logger;
  /** Bytes after which another file is begun. Default 1 MiB. */
  readonly segmentBytes?: number;
}

/** One file of notes, removed once all its notes are settled and no more are written to it. */
interface Segment {
  readonly path: string;
  readonly handle: FileHandle | undefined;
  bytes: number;
  unsettled: number;
  full: boolean;
}

interface Waiting {
  readonly group: string;
  readonly text: string;
  readonly number: number;
  readonly resolve: (note: Note) => void;
  readonly reject: (error: unknown) => void;
}

const ending = '.log';

/** Opens a journal of files, one line a note: what is kept within one turn is written at once. */
export async function openFileJournal(options: FileJournalOptions): Promise<Journal> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const notes = createOpenNotes();
  const { left, last } = await readLeft(options, notes);
  const writer = createWriter(options, notes, last);
  return {
    left,
    get open() {
      return notes.size;
    },
    keep: (group, text) => writer.keep(group, text),
    done: (group) => notes.done(group),
    close: () => writer.close(),
  };
}

function createWriter(options: FileJournalOptions, notes: OpenNotes, last: number) {
  const segments = createSegments(options, last);
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;

  const settleBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const segment = await segments.write(batch);
      for (const { resolve, ...kept } of batch) resolve(noteOf(options, notes, { segment, ...kept }));
      await segments.endFull();
    } catch (cause) {
      const error = new MeshError('unavailable', 'The journal cannot be written.', { cause });
      for (const { group, number, reject } of batch) {
        notes.closed(group, number);
        reject(error);
      }
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await settleBatch(batch);
    }
    writing = undefined;
  };
  return {
    keep: (group: string, text: string): Promise<Note> => {
      const number = notes.opened(group);
      return new Promise((resolve, reject) => {
        waiting.push({ group, text, number, resolve, reject });
        writing ??= Promise.resolve().then(run);
      });
    },
    close: async (): Promise<void> => {
      await writing;
      await segments.end();
    },
  };
}

/** The files that are written, one after the other. */
function createSegments(options: FileJournalOptions, last: number) {
  const { folder, segmentBytes = 1_048_576 } = options;
  let current: Segment | undefined;
  let number = last;
  const begin = async (): Promise<Segment> => {
    number += 1;
    const path = join(folder, `${String(number).padStart(12, '0')}${ending}`);
    return { path, handle: await open(path, 'ax', 0o600), bytes: 0, unsettled: 0, full: false };
  };
  const end = async (): Promise<void> => {
    const segment = current;
    if (segment === undefined) return;
    current = undefined;
    segment.full = true;
    await segment.handle?.close();
    removeSettled(options, segment);
  };
  return {
    end,
    endFull: async (): Promise<void> => {
      if ((current?.bytes ?? 0) >= segmentBytes) await end();
    },
    write: async (batch: readonly Waiting[]): Promise<Segment> => {
      const segment = (current ??= await begin());
      try {
        const lines = Buffer.from(batch.map(({ group, text }) => `${JSON.stringify([group, text])}\n`).join(''));
        await segment.handle?.appendFile(lines);
        segment.bytes += lines.length;
        segment.unsettled += batch.length;
        return segment;
      } catch (error) {
        // Half a line may be there: nothing more is put behind it.
        await end();
        throw error;
      }
    },
  };
}

interface NoteParts {
  readonly segment: Segment;
  readonly group: string;
  readonly text: string;
  readonly number: number;
}

/** A note that was counted as open and as unsettled. */
function noteOf(options: FileJournalOptions, notes: OpenNotes, { segment, group, text, number }: NoteParts): Note {
  let settled = false;
  return {
    group,
    text,
    settle: () => {
      if (settled) return;
      settled = true;
      notes.closed(group, number);
      segment.unsettled -= 1;
      removeSettled(options, segment);
    },
    leave: () => {
      notes.closed(group, number);
    },
  };
}

function removeSettled({ log }: FileJournalOptions, segment: Segment): void {
  if (!segment.full || segment.unsettled > 0) return;
  unlink(segment.path).catch((error: unknown) => {
    log.error('a file of the journal that is done with could not be removed', error, { 'file.path': segment.path });
  });
}

/** The notes of earlier processes, and the highest number of their files. */
async function readLeft(
  options: FileJournalOptions,
  notes: OpenNotes,
): Promise<{ readonly left: readonly Note[]; readonly last: number }> {
  const names = (await readdir(options.folder)).filter((name) => name.endsWith(ending)).toSorted();
  const left: Note[] = [];
  for (const name of names) {
    const path = join(options.folder, name);
    const found = linesOf(await readFile(path, 'utf8'));
    const segment: Segment = { path, handle: undefined, bytes: 0, unsettled: found.length, full: true };
    removeSettled(options, segment);
    for (const [group, text] of found) {
      left.push(noteOf(options, notes, { segment, group, text, number: notes.opened(group) }));
    }
  }
  return { left, last: Number.parseInt(names.at(-1) ?? '0', 10) };
}

/** Only what ends with its line was ever acknowledged. */
function linesOf(content: string): readonly (readonly [string, string])[] {
  return content
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        const [group, text] = JSON.parse(line) as readonly unknown[];
        return typeof group === 'string' && typeof text === 'string' ? [[group, text] as const] : [];
      } catch {
        // Torn by a failed write, which its caller was told of.
        return [];
      }
    });
}
