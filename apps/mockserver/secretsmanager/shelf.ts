import { randomUUID } from 'node:crypto';
import type { Clock } from '@devmesh/foundation';

interface Version {
  readonly id: string;
  readonly text: string;
}

interface Stored {
  readonly current: Version;
  readonly previous: Version | undefined;
}

/** What the service answers with as its error type. */
export class ShelfFailure extends Error {}

/** Secrets with the two stages that every change moves. */
export interface Shelf {
  create(name: string, text: string): object;
  /** The present value becomes the previous one. */
  put(name: string, text: string): object;
  get(name: string, stage: string): object;
}

const maximumSecrets = 100;

/** Builds an empty shelf. */
export function createShelf(clock: Clock): Shelf {
  const secrets = new Map<string, Stored>();
  const find = (name: string): Stored => {
    const stored = secrets.get(name);
    if (stored === undefined) throw new ShelfFailure('ResourceNotFoundException');
    return stored;
  };
  return {
    create: (name, text) => {
      if (secrets.has(name)) throw new ShelfFailure('ResourceExistsException');
      if (secrets.size >= maximumSecrets) throw new ShelfFailure('LimitExceededException');
      const current = { id: randomUUID(), text };
      secrets.set(name, { current, previous: undefined });
      return { Name: name, VersionId: current.id };
    },
    put: (name, text) => {
      const { current: previous } = find(name);
      const current = { id: randomUUID(), text };
      secrets.set(name, { current, previous });
      return { Name: name, VersionId: current.id, VersionStages: ['AWSCURRENT'] };
    },
    get: (name, stage) => {
      const stored = find(name);
      const version = { AWSCURRENT: stored.current, AWSPREVIOUS: stored.previous }[stage];
      if (version === undefined) throw new ShelfFailure('ResourceNotFoundException');
      const { id: VersionId, text: SecretString } = version;
      return { Name: name, VersionId, SecretString, VersionStages: [stage], CreatedDate: clock.now() / 1_000 };
    },
  };
}
