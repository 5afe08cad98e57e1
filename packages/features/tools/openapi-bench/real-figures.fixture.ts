import { openToolsBench } from '../tools.fixture.ts';
import { callEverything, type RealCall, type Verdict } from './real-calls.fixture.ts';
import { realServers, whyAbsent } from './real-servers.fixture.ts';

const verdicts: readonly Verdict[] = ['done', 'understood', 'unserved', 'refused'];

/** What the real servers made of a generated call of every tool; throws where there are none. */
export async function realFigures(only: string, say: (line: string) => void): Promise<Record<string, number>> {
  const absent = whyAbsent();
  if (absent !== undefined) throw new Error(`The real servers cannot be called: ${absent}.`);
  const bench = await openToolsBench();
  const figures: Record<string, number> = {};
  try {
    for (const server of realServers().filter(({ name }) => name.includes(only))) {
      const calls = await callEverything(bench, server);
      for (const call of calls.filter(({ verdict }) => verdict === 'refused')) say(line(call));
      const operations = new Set(calls.map(({ operation }) => operation));
      const unserved = new Set(calls.filter(({ verdict }) => verdict === 'unserved').map((call) => call.operation));
      figures[`${server.name}: tools`] = operations.size;
      figures[`${server.name}: tools that it does not serve`] = unserved.size;
      figures[`${server.name}: calls`] = calls.length;
      for (const verdict of verdicts) {
        figures[`${server.name}: ${verdict}`] = calls.filter((call) => call.verdict === verdict).length;
      }
    }
  } finally {
    await bench.close();
  }
  return figures;
}

function line({ operation, variant, status, said }: RealCall): string {
  return `refused ${operation} [${variant}] ${String(status ?? '')} ${said.replaceAll('\n', ' ')}`;
}
