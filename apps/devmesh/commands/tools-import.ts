import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { operations } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { defineCommand } from 'citty';
import { fieldsOf, optionsOf, toInput } from '../verbs/arguments.ts';
import { render } from '../verbs/render.ts';
import { connectAs, connection } from '../verbs/verbs.ts';

const operation = operations.tools.importTool;
/** What `--multifile` gives. */
const given: ReadonlySet<string> = new Set(['files', 'documentPath']);
const fields = fieldsOf(operation).filter(({ name }) => !given.has(name));

/** `devmesh tools import`: a document by its URL, or from a file of this machine. */
export const toolsImport = defineCommand({
  meta: { name: 'import', description: `${operation.summary}: devmesh tools import --name shop --file openapi.yaml` },
  args: {
    ...optionsOf(fields),
    file: { type: 'string', description: 'The document as a file of this machine, JSON or YAML, in place of a URL' },
    multifile: { type: 'boolean', description: 'Send the other JSON and YAML files of its folder too, for references' },
    ...connection,
  },
  run: async ({ args }) => {
    const input = toInput(fields, args);
    const uploaded = args.file === undefined ? {} : await readUpload(args.file, args.multifile === true);
    const client = connectAs(args, operation);
    const result = await client.call(operation, { ...input, body: { ...input.body, ...uploaded } });
    console.log(args['json'] === true ? JSON.stringify(result, null, 2) : render(result));
  },
});

/** The document in a file, and the files beside and below it where they are wanted. */
export async function readUpload(file: string, multifile: boolean): Promise<Readonly<Record<string, unknown>>> {
  const document = await textOf(file);
  if (!multifile) return { document };
  const folder = dirname(file);
  const paths = (await documentsIn(folder)).filter((path) => path !== basename(file));
  const texts = await Promise.all(paths.map(async (path) => [path, await textOf(join(folder, path))] as const));
  return { document, documentPath: basename(file), files: Object.fromEntries(texts) };
}

const mostFiles = 500;
const largestUpload = 20_000_000;

async function documentsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(?:json|ya?ml)$/iu.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.') || part === 'node_modules'));
  if (paths.length <= mostFiles) return paths;
  const count = String(paths.length);
  throw new MeshError(
    'too_large',
    `${folder} holds ${count} JSON and YAML files; at most ${String(mostFiles)} are sent.`,
  );
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > largestUpload) throw new MeshError('too_large', `${file} is larger than 20 MB; give its URL instead.`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof MeshError) throw error;
    throw new MeshError('invalid_request', `${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}
