import { MeshError } from '@devmesh/foundation';

/** What a source does with an event. */
export interface Rule {
  /** An event name, or `*`. */
  readonly event: string;
  readonly task: { readonly title: string; readonly capability: string };
}

/** A task that an event asks for. */
export interface WantedTask {
  readonly title: string;
  readonly capability: string;
}

type Payload = Readonly<Record<string, unknown>>;

/** Tries before an event is a dead letter. */
export const maximumAttempts = 5;
const maximumTitleLength = 300;
const firstDelaySeconds = 2;
const longestDelaySeconds = 300;

/** The tasks that the rules want for an event; throws when a title names something the payload does not have. */
export function wantedTasks(rules: readonly Rule[], event: string, payload: Payload): readonly WantedTask[] {
  return rules
    .filter((rule) => rule.event === '*' || rule.event === event)
    .map(({ task }) => ({ title: fill(task.title, payload), capability: task.capability }));
}

/** Seconds to wait before the next try: exponential, bounded; `random` in [0, 1) spreads them. */
export function retryDelaySeconds(attempts: number, random: number): number {
  const full = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.max(0, attempts - 1));
  return full * (0.5 + random / 2);
}

/** Fills `{path.in.payload}`. */
function fill(template: string, payload: Payload): string {
  const title = template.replaceAll(/\{([\w.]+)\}/gu, (_match, path: string) => {
    const value = path.split('.').reduce(step, payload);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new MeshError('invalid_request', `The title of a rule names {${path}}, which the payload does not have.`);
  });
  return title.length <= maximumTitleLength ? title : `${title.slice(0, maximumTitleLength - 1)}…`;
}

function step(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
