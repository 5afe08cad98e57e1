import type { MeshEvent } from '@devmesh/api';

/** Of progress reports on one thing that follow each other directly, only the newest; events come newest first. */
export function collapseProgress(events: readonly MeshEvent[]): readonly MeshEvent[] {
  return events.filter((event, index) => {
    const newer = events[index - 1];
    return !(
      event.type === 'repository.progress' &&
      newer?.type === 'repository.progress' &&
      newer.subjectId === event.subjectId
    );
  });
}
