import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { operations } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { defineCommand } from 'citty';
import { fieldsOf, optionsOf, toInput } from '../verbs/arguments.ts';
import { connectAs, connection } from '../verbs/verbs.ts';

const operation = operations.audit.export;
const fields = fieldsOf(operation);
const { json: _json, ...connecting } = connection;

/** `devmesh audit export`: the trail as JSON lines on standard output, as it comes. */
export const auditExport = defineCommand({
  meta: { name: 'export', description: `${operation.summary}: devmesh audit export > FILE` },
  args: { ...optionsOf(fields), ...connecting },
  run: async ({ args }) => {
    const response = (await connectAs(args, operation).call(operation, toInput(fields, args))) as Response;
    if (response.body === null) throw new MeshError('upstream_failed', 'The platform answered without a body.');
    await pipeline(Readable.fromWeb(response.body), process.stdout, { end: false });
  },
});
