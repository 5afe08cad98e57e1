import { describe, expect, test } from 'vitest';
import { createMetrics } from './prometheus.ts';
import { createTelemetry } from './telemetry.ts';

describe('metrics', () => {
  test('count, time and gauge under Prometheus names', async () => {
    const metrics = createMetrics();
    metrics.count('webhook.received', { provider: 'github' });
    metrics.count('webhook.received', { provider: 'github' }, 2);
    metrics.time('http.server.request.duration', 0.003, { 'http.request.method': 'GET' });
    metrics.gauge('stream.backlog', 7);
    metrics.gauge('stream.backlog', 5);
    const lines = (await metrics.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'webhook_received_total{provider="github"} 3',
        'http_server_request_duration_seconds_bucket{le="0.0025",http_request_method="GET"} 0',
        'http_server_request_duration_seconds_bucket{le="0.005",http_request_method="GET"} 1',
        'http_server_request_duration_seconds_sum{http_request_method="GET"} 0.003',
        'stream_backlog 5',
      ]),
    );
  });

  test('do not append a suffix that is there already', async () => {
    const metrics = createMetrics();
    metrics.count('jobs_total');
    metrics.time('job_seconds', 1);
    const text = await metrics.text();
    expect(text).toContain('\njobs_total 1');
    expect(text).toContain('\njob_seconds_count 1');
  });

  test('keep the labels of the first use instead of failing the work that counts', async () => {
    const metrics = createMetrics();
    metrics.count('calls', { tool: 'a' });
    metrics.count('calls', { tool: 'b', tenant: 'many' });
    metrics.count('calls');
    const text = await metrics.text();
    expect(text).toContain('calls_total{tool="b"} 1');
    expect(text).toContain('calls_total{tool=""} 1');
    expect(text).not.toContain('many');
  });

  test('tell about the process', async () => {
    const text = await createMetrics().text();
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d+$/mu);
    expect(text).toMatch(/^process_cpu_seconds_total \d/mu);
    expect(text).toMatch(/^nodejs_eventloop_utilization \d/mu);
  });

  test('are separate for each telemetry of a process', async () => {
    const one = createTelemetry({ service: 'one', level: 'silent', pretty: false });
    const two = createTelemetry({ service: 'two', level: 'silent', pretty: false });
    one.metrics.count('calls');
    expect(await one.metricsText()).toContain('calls_total 1');
    expect(await two.metricsText()).not.toContain('calls_total');
    await one.close();
    two.metrics.count('calls');
    expect(await two.metricsText()).toContain('calls_total 1');
  });
});
