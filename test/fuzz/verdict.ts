import type { Figures } from './run.ts';

const mostMegabytes = 64;
const slowestMilliseconds = 250;

/** What of the promises did not hold. */
export function failuresOf(figures: Figures, ended: boolean): readonly string[] {
  const { healthStatus, canaryFailed = 0, canaryP99Milliseconds = 0, memoryGrownMegabytes = 0 } = figures;
  const refused = figures['raw ECONNREFUSED'] ?? 0;
  const broken = Object.entries(figures)
    .filter(([name]) => /^http (?:5|[A-Z])/u.test(name) || name === 'websocket not closed')
    .map(([name, count]) => `${String(count)} times: ${name}`);
  return [
    ...(ended ? ['the mesh ended'] : []),
    ...(healthStatus === 200 ? [] : [`its health is ${String(healthStatus)}`]),
    ...(canaryFailed === 0 ? [] : [`${String(canaryFailed)} calls of a client that did nothing wrong failed`]),
    ...(canaryP99Milliseconds <= slowestMilliseconds
      ? []
      : [`p99 of that client was ${String(canaryP99Milliseconds)} ms`]),
    ...(memoryGrownMegabytes <= mostMegabytes ? [] : [`its memory has grown by ${String(memoryGrownMegabytes)} MB`]),
    ...(refused === 0 ? [] : [`${String(refused)} connections were refused`]),
    ...broken,
  ];
}
