import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLocalEmbedder } from '@devmesh/infrastructure';
import { readDocument } from '../reading/read-document.ts';
import { createLexicalIndex } from './lexical-index.ts';
import { readQuestion } from './question.ts';
import { rankTools } from './rank.ts';
import { actionsOf, embeddingText, type SearchableTool } from './searchable.ts';
import { similaritiesOf } from './tool-index.ts';

const shared = process.env['SHARED_EVAL'] ?? fileURLToPath(new URL('../../../../../shared/eval', import.meta.url));

/** The real documents of five packs; for each there are intents written by hand. */
const packs = {
  github: 'github-api.json',
  jira: 'jira-cloud.json',
  kubernetes: 'kubernetes-oas3.json',
  pagerduty: 'pagerduty-rest.json',
  argocd: 'argo-cd.json',
} as const;

type Pack = keyof typeof packs;

/** As people write them. */
const products: Readonly<Record<Pack, string>> = {
  github: 'GitHub',
  jira: 'Jira',
  kubernetes: 'Kubernetes',
  pagerduty: 'PagerDuty',
  argocd: 'Argo CD',
};

interface Intent {
  readonly text: string;
  readonly pack: Pack;
  /** As `METHOD path`. */
  readonly accepts: ReadonlySet<string>;
  /** Half of the intents were not looked at while the ranking was made. */
  readonly heldOut: boolean;
}

const hitsLookedAt = 5;

/** How often a tool that does what is meant is among the first five, of each pack alone and of all five together. */
export async function run(): Promise<Record<string, number | string>> {
  const folder = join(shared, 'openapi/documents');
  if (!existsSync(folder)) return { skipped: 'SHARED_EVAL has no openapi/documents' };
  const names = Object.keys(packs) as Pack[];
  const tools = names.flatMap((pack) => toolsOf(pack, join(folder, packs[pack])));
  const embedder = createLocalEmbedder();
  try {
    const started = performance.now();
    const vectors = await embedder.embed(tools.map(embeddingText), 'passage');
    const embedding = performance.now() - started;
    const ask = async (text: string) => (await embedder.embed([text], 'question'))[0] ?? new Float32Array();
    const all = createSearch(tools, vectors);
    const figures: Record<string, number> = {
      tools: tools.length,
      embeddingMillisecondsPerTool: embedding / tools.length,
    };
    const counts = { alone: newCount(), together: newCount(), named: newCount() };
    const times: number[] = [];
    for (const pack of names) {
      const own = [...tools.keys()].filter((at) => tools[at]?.service === pack);
      const alone = createSearch(
        own.flatMap((at) => tools[at] ?? []),
        own.flatMap((at) => vectors[at] ?? []),
      );
      const counted = newCount();
      for (const intent of intentsOf(pack)) {
        const vector = await ask(intent.text);
        const begun = performance.now();
        const together = all(intent.text, vector).some((tool) => isMeant(tool, intent));
        times.push(performance.now() - begun);
        const hit = alone(intent.text, vector).some((tool) => isMeant(tool, intent));
        add(counted, intent, hit);
        add(counts.alone, intent, hit);
        add(counts.together, intent, together);
        const text = `${intent.text} in ${products[pack]}`;
        const named = all(text, await ask(text)).some((tool) => isMeant(tool, intent));
        add(counts.named, intent, named);
      }
      figures[`${pack}RecallAt5`] = recallOf(counted);
      figures[`${pack}HeldOutRecallAt5`] = counted.heldOutHits / counted.heldOut;
    }
    return {
      ...figures,
      intents: counts.alone.intents,
      recallAt5: recallOf(counts.alone),
      heldOutRecallAt5: counts.alone.heldOutHits / counts.alone.heldOut,
      togetherRecallAt5: recallOf(counts.together),
      togetherHeldOutRecallAt5: counts.together.heldOutHits / counts.together.heldOut,
      namedRecallAt5: recallOf(counts.named),
      namedHeldOutRecallAt5: counts.named.heldOutHits / counts.named.heldOut,
      searchMillisecondsP50: times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0,
    };
  } finally {
    await embedder.close();
  }
}

function toolsOf(service: Pack, file: string): readonly SearchableTool[] {
  const reading = readDocument({
    text: readFileSync(file),
    service,
    documentUrl: 'https://example.com/openapi.json',
    baseUrl: undefined,
  });
  return [...reading.tools].map(({ name, title, description, method, path, tags, inputSchema }) => {
    const { properties = {} } = JSON.parse(inputSchema) as { readonly properties?: object };
    return { name, title, description, service, method, path, tags, parameters: Object.keys(properties) };
  });
}

function intentsOf(pack: Pack): readonly Intent[] {
  const lines = readFileSync(new URL(`intents/${pack}.tsv`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line, at) => {
    const [text = '', accepted = ''] = line.split('\t');
    return { text, pack, accepts: new Set(accepted.split(' | ')), heldOut: at % 2 === 1 };
  });
}

function createSearch(tools: readonly SearchableTool[], vectors: readonly Float32Array[]) {
  const lexical = createLexicalIndex(tools);
  const ranked = tools.map((tool) => ({
    service: tool.service,
    actions: actionsOf(tool),
    retired: /\bdeprecated\b/iu.test(`${tool.title} ${tool.description}`),
  }));
  return (text: string, vector: Float32Array): readonly SearchableTool[] => {
    const question = readQuestion(text);
    const similarity = similaritiesOf({ vectors }, vector);
    const hits = rankTools({
      question,
      lexical: lexical.match(question),
      similarity,
      tools: [...tools.keys()],
      ranked,
    });
    return hits.slice(0, hitsLookedAt).flatMap(({ tool }) => tools[tool] ?? []);
  };
}

function isMeant({ service, method, path }: SearchableTool, { pack, accepts }: Intent): boolean {
  return service === pack && accepts.has(`${method} ${path}`);
}

interface Count {
  intents: number;
  hits: number;
  heldOut: number;
  heldOutHits: number;
}

function newCount(): Count {
  return { intents: 0, hits: 0, heldOut: 0, heldOutHits: 0 };
}

function add(count: Count, { heldOut }: Intent, hit: boolean): void {
  count.intents += 1;
  if (hit) count.hits += 1;
  if (heldOut) count.heldOut += 1;
  if (heldOut && hit) count.heldOutHits += 1;
}

function recallOf({ intents, hits }: Count): number {
  return hits / intents;
}
