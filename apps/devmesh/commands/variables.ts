import { defineCommand } from 'citty';
import { meshVariables } from '../config.ts';
import { paint } from '../output/style.ts';

/** `devmesh variables`: every variable of the environment, with its sentence. */
export const variables = defineCommand({
  meta: { name: 'variables', description: 'List the environment variables that configure the mesh' },
  run: () => {
    for (const [name, schema] of Object.entries(meshVariables)) {
      console.log(`${paint('bold', name)}\n  ${schema.description ?? ''}`);
    }
  },
});
