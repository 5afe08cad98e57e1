import { createClient } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import type { Instance } from '../instance/instance.ts';
import type { Described } from './document.ts';
import type { Findings } from './report.ts';

const longestMilliseconds = 20_000;

interface Watch {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Watches every feed as B, also from a place that A's feed gave, while first A and then B lets something happen: when
 * B's has come, A's would have come before it.
 */
export async function sweepFeeds(
  instance: Instance,
  findings: Findings,
  operations: readonly Described[],
): Promise<void> {
  const head = await headOf(instance);
  const watches: readonly Watch[] = [
    {},
    { headers: { 'last-event-id': head } },
    { query: `?after=${encodeURIComponent(head)}` },
  ];
  for (const operation of operations.filter(({ stream, scope }) => stream && scope !== undefined)) {
    for (const watch of watches) await watchAsB(instance, findings, operation, watch);
  }
}

/** The place in A's feed that A is told when it connects. */
async function headOf(instance: Instance): Promise<string> {
  const reading = open(instance, '/api/v1/events', instance.a.key, {});
  const text = await readUntil(await reading.response, (heard) => /^id: \S+$/mu.test(heard));
  reading.end();
  return /^id: (\S+)$/mu.exec(text)?.[1] ?? '';
}

async function watchAsB(instance: Instance, findings: Findings, operation: Described, watch: Watch): Promise<void> {
  const reading = open(instance, operation.path + (watch.query ?? ''), instance.b.key, watch.headers ?? {});
  const response = await reading.response;
  const [ofA, ofB] = [`only-a-${newId()}`, `only-b-${newId()}`];
  const clientOf = (key: string) => createClient({ baseUrl: instance.apiUrl, key });
  await clientOf(instance.a.key).notifications.create({ body: { title: ofA } });
  await clientOf(instance.b.key).notifications.create({ body: { title: ofB } });
  const heard = await readUntil(response, (text) => text.includes(ofB));
  reading.end();
  findings.requests += 1;
  findings.swept.add(operation.id);
  if (heard.includes(ofA) || heard.includes(instance.a.organizationId)) {
    findings.problems.push(`${operation.id} shows B what happens at A`);
  }
  if (!heard.includes(ofB))
    findings.problems.push(`${operation.id} never showed B what happened at B, so it proves nothing`);
}

function open(instance: Instance, path: string, key: string, headers: Readonly<Record<string, string>>) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort();
  }, longestMilliseconds);
  const response = fetch(new URL(path, instance.apiUrl), {
    headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', ...headers },
    signal: controller.signal,
  });
  return {
    response,
    end: () => {
      clearTimeout(timer);
      controller.abort();
    },
  };
}

/** What a stream says until it is enough, or it ends. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const part of response.body ?? []) {
      text += decoder.decode(part as Uint8Array, { stream: true });
      if (enough(text)) break;
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  }
  return text;
}
