import { MeshError } from '@devmesh/foundation';
import type { Demo, DemoResult } from './demo.ts';
import { renderAudit, renderTrace } from './report.ts';

/** Shows the trace and the audit trail of everything that the demo did. */
export function showReport({ steps, mesh, clientOf }: Demo, { key, traceIds }: DemoResult): Promise<void> {
  return steps.run('The trace and the audit trail of all of it', async (say) => {
    for (const traceId of traceIds) {
      const spans = mesh.platform.telemetry.tracer.recent(traceId);
      if (spans.length === 0) throw new MeshError('not_found', `Nothing was traced under ${traceId}.`);
      say(`trace ${traceId}`);
      for (const line of renderTrace(spans)) say(line);
      say('');
    }
    const { items } = await clientOf(key).audit.list({ query: { limit: 200 } });
    if (items.length === 0) throw new MeshError('not_found', 'The audit trail is empty.');
    say('audit');
    for (const line of renderAudit(items)) say(line);
  });
}
