import type { ResponseOf, operations } from '@devmesh/api';
import { MeshError, toMeshError, type Service } from '@devmesh/foundation';

interface HealthOptions {
  readonly version: string;
  /** Engines to ask; each rejects when it does not work. */
  readonly engines: Readonly<Record<string, () => Promise<void>>>;
  /** Services of this process, asked whether they are ready. */
  readonly services: () => readonly Service[];
}

type Report = ResponseOf<typeof operations.system.health>;
type Component = Report['components'][number];

/** Tells which parts of this process and its engines work. */
export interface Health {
  check(): Promise<Report>;
}

const answerMilliseconds = 2_000;

/** Builds the health feature. Asks every part at once and gives each two seconds. */
export function createHealth({ version, engines, services }: HealthOptions): Health {
  return {
    check: async () => {
      const components = await Promise.all([
        ...Object.entries(engines).map(([name, ping]) => checkEngine(name, ping)),
        ...services().map(checkService),
      ]);
      const status = components.every((component) => component.ready) ? 'ok' : 'degraded';
      return { status, version, components };
    },
  };
}

async function checkEngine(name: string, ping: () => Promise<void>): Promise<Component> {
  try {
    await inTime(ping());
    return { name, ready: true };
  } catch (error) {
    return { name, ready: false, reason: toMeshError(error).message };
  }
}

async function checkService(service: Service): Promise<Component> {
  try {
    return { name: service.name, ...(await inTime(service.ready())) };
  } catch (error) {
    return { name: service.name, ready: false, reason: toMeshError(error).message };
  }
}

async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MeshError('unavailable', `It did not answer within ${String(answerMilliseconds)} ms.`));
    }, answerMilliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
