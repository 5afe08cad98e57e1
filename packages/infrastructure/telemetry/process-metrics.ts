import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/**
 * Adds what a process tells about itself, measured when it is asked: prom-client's own collectors keep
 * observers running that cannot be stopped.
 */
export function watchProcess(registry: Registry): void {
  let since: EventLoopUtilization = performance.eventLoopUtilization();
  gauge(registry, 'process_start_time_seconds', 'Unix time at which the process started.', () =>
    Math.round(performance.timeOrigin / 1000),
  );
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  gauge(registry, 'process_cpu_seconds_total', 'User and system CPU time.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge(registry, 'nodejs_heap_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge(registry, 'nodejs_eventloop_utilization', 'Share of time the event loop was busy since the last look.', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, since);
    since = now;
    return utilization;
  });
}

function gauge(registry: Registry, name: string, help: string, measure: () => number): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect: () => {
      metric.set(measure());
    },
  });
}
