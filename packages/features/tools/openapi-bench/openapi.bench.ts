import { readBenchOptions } from './bench-options.fixture.ts';
import { documentNames, readFolder, writeTools, type DocumentFigures } from './read-folder.fixture.ts';
import { countInvalidOutputs } from './output-schemas.fixture.ts';
import { callThroughProduct } from './product-calls.fixture.ts';
import { realFigures } from './real-figures.fixture.ts';
import { roundTrip } from './round-trip.fixture.ts';
import { createTally, generalized, type Tally } from './tally.fixture.ts';
import { startWatch } from './watch.fixture.ts';

type Figures = Record<string, number | string>;

/** What becomes of a folder of OpenAPI documents: how many load, into how many tools, for which time and memory, and what is left out. */
export async function run(): Promise<Figures> {
  const options = readBenchOptions(process.argv.slice(2));
  if (options.real) return realFigures(options.only, say);
  const names = documentNames(options.documents, options.only);
  const skipped = createTally();
  const outputs = { outputSchemas: 0, invalidOutputSchemas: 0 };
  const read = await readFolder(options.documents, names, (name, document) => {
    for (const { method, path, reason } of document.skipped)
      skipped.add(generalized(reason), `${name} ${method} ${path}`);
    const checked = countInvalidOutputs(name, document.tools, say);
    outputs.outputSchemas += checked.declared;
    outputs.invalidOutputSchemas += checked.invalid;
    if (options.out !== undefined) writeTools(options.out, name, document);
  });
  tell(read, skipped);
  return {
    ...readingFigures(read, skipped),
    ...outputs,
    ...(options.imports ? await productFigures(options.documents, names) : {}),
    ...(options.roundTrip ? await roundTripFigures(options.documents, names) : {}),
  };
}

const callsPerDocument = 20;

/** What imports into a database take, and whether calls with credentials in every slot are accepted. */
async function productFigures(folder: string, names: readonly string[]): Promise<Figures> {
  const { imports, calls, accepted, refused } = await callThroughProduct(folder, names, callsPerDocument);
  for (const { count, examples } of refused.entries()) say(`not accepted ${String(count)}: ${examples.join(' | ')}`);
  const largest = imports.toSorted((one, other) => other.bytes - one.bytes)[0];
  const slowest = imports.toSorted((one, other) => other.seconds - one.seconds)[0];
  return {
    imported: imports.length,
    largestImport: largest?.name ?? '',
    largestImportSeconds: largest?.seconds ?? 0,
    slowestImport: slowest?.name ?? '',
    slowestImportSeconds: slowest?.seconds ?? 0,
    mostImportMegabytes: Math.max(0, ...imports.map(({ megabytes }) => megabytes)),
    importLongestBlockMilliseconds: Math.max(0, ...imports.map((figures) => figures.longestBlockMilliseconds)),
    productCalls: calls,
    productCallsAccepted: accepted,
  };
}

/** How many tools a strict mock of their document accepts every generated call of. */
async function roundTripFigures(folder: string, names: readonly string[]): Promise<Figures> {
  const watch = startWatch();
  const { tools, accepted, calls, refused } = await roundTrip(folder, names);
  const { seconds } = watch.stop();
  for (const { reason, count, examples } of refused.entries()) {
    say(`refused ${String(count)}: ${reason}`);
    for (const example of examples) say(`    ${example}`);
  }
  return {
    roundTripTools: tools,
    roundTripCalls: calls,
    roundTripAccepted: accepted,
    roundTripPercent: tools === 0 ? 0 : (100 * accepted) / tools,
    roundTripSeconds: seconds,
  };
}

function readingFigures(read: readonly DocumentFigures[], skipped: Tally): Figures {
  const sum = (of: (figures: DocumentFigures) => number): number => read.reduce((all, one) => all + of(one), 0);
  const most = (of: (figures: DocumentFigures) => number): number => Math.max(0, ...read.map(of));
  const largest = read.toSorted((one, other) => other.bytes - one.bytes)[0];
  return {
    documents: read.length,
    loaded: read.filter(({ failed }) => failed === undefined).length,
    tools: sum(({ tools }) => tools),
    skipped: sum((figures) => figures.skipped),
    ...Object.fromEntries(skipped.entries().map(({ reason, count }) => [`skipped: ${reason}`, count])),
    readSeconds: sum(({ seconds }) => seconds),
    slowestReadSeconds: most(({ seconds }) => seconds),
    largestDocumentReadSeconds: largest?.seconds ?? 0,
    mostReadMegabytes: most(({ megabytes }) => megabytes),
    readLongestBlockMilliseconds: most((figures) => figures.longestBlockMilliseconds),
  };
}

function tell(read: readonly DocumentFigures[], skipped: Tally): void {
  for (const { name, failed, tools, seconds, megabytes, longestBlockMilliseconds, ...rest } of read) {
    const cost = `${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB, blocked ${longestBlockMilliseconds.toFixed(0)} ms`;
    const what = failed === undefined ? `${String(tools)} tools, ${String(rest.skipped)} skipped` : `failed: ${failed}`;
    say(`${name}: ${what}; ${cost}`);
  }
  for (const { reason, count, examples } of skipped.entries()) {
    say(`skipped ${String(count)}: ${reason}; such as ${examples.join('; ')}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
