import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featureConfigShape, host, type Features } from '@devmesh/features';
import { parseConfig } from '@devmesh/foundation';
import { platformConfigShape } from '@devmesh/infrastructure';
import { openTestEngines } from '@devmesh/testkit';
import { createRestApi, type RestApi } from './index.ts';

/** A REST API of its own, open for registration, on the configured engines; its console folder is empty. */
export interface TestApi {
  readonly api: RestApi;
  readonly features: Features;
  readonly consoleFolder: string;
  close(): Promise<void>;
}

/** Starts an API with some variables set. */
export async function openTestApi(variables: Readonly<Record<string, string>> = {}): Promise<TestApi> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-api-'));
  const engines = await openTestEngines();
  const own = { DATA_DIR: folder, REGISTRATION: 'open', LOG_LEVEL: 'silent', ...variables };
  const environment = { ...process.env, ...engines.variables, ...own };
  const config = parseConfig({ ...platformConfigShape, ...featureConfigShape }, environment);
  const started: { api?: RestApi } = {};
  const hosted = await host({
    config,
    name: 'rest-api-test',
    whole: true,
    choose: (parts) => [(started.api = createRestApi({ ...parts, host: '127.0.0.1', port: 0, consoleFolder: folder }))],
  });
  if (started.api === undefined) throw new Error('the API was not started');
  return {
    api: started.api,
    features: hosted.features,
    consoleFolder: folder,
    close: async () => {
      await hosted.stop();
      await engines.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
