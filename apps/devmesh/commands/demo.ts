import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { readMeshConfig, type MeshConfig } from '../config.ts';
import { runDemo } from '../demo/demo.ts';
import { gitRoot } from '../demo/git-root.ts';

/** `devmesh demo`: proves the main job on a mesh of its own, step by step; a step that fails makes it exit non-zero. */
export const demo = defineCommand({
  meta: {
    name: 'demo',
    description: 'Prove the main job step by step: tools, webhooks, tasks, agents, code search, trace and audit',
  },
  args: {
    data: { type: 'string', description: 'Keep the data in this folder; default: a temporary one, removed afterwards' },
    question: {
      type: 'string',
      default: 'Where is the signature of a GitHub webhook verified?',
      description: 'What the code search is asked',
    },
    repository: { type: 'string', description: 'The git repository to index; default: the one of the present folder' },
  },
  run: async ({ args }) => {
    const repository = await gitRoot(args.repository ?? process.cwd());
    const folder = args.data ?? (await mkdtemp(join(tmpdir(), 'devmesh-demo-')));
    try {
      await runDemo({ config: demoConfig(folder, repository), repository, question: args.question });
    } finally {
      if (args.data === undefined) await rm(folder, { recursive: true, force: true });
    }
  },
});

/** The configured engines, on free ports, open for registration, quiet. */
function demoConfig(folder: string, repository: string): MeshConfig {
  return {
    ...readMeshConfig({ LOG_LEVEL: 'error', LOG_PRETTY: 'true', ...process.env }),
    DATA_DIR: folder,
    HOST: '127.0.0.1',
    EDGE_PORT: 0,
    API_PORT: 0,
    MOCK_PORT: 0,
    REGISTRATION: 'open',
    REPOSITORY_ROOTS: [repository],
  };
}
