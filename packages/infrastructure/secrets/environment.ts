import { Secret } from '@devmesh/foundation';
import type { Secrets } from './port.ts';

interface EnvironmentSecretsOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The only names that can be read, so that not every variable of the process is within reach. */
  readonly names: readonly string[];
}

/** Secrets from environment variables; an empty one counts as absent, and what was before stands in `<name>_PREVIOUS`. */
export function createEnvironmentSecrets({ environment, names }: EnvironmentSecretsOptions): Secrets {
  const secrets = new Map<string, Secret>();
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined && value !== '') secrets.set(name, new Secret(value));
  }
  return {
    read: (name) => Promise.resolve(secrets.get(name)),
    readPrevious: (name) => Promise.resolve(secrets.get(`${name}_PREVIOUS`)),
    close: () => Promise.resolve(),
  };
}
