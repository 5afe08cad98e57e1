import type { Features } from '@devmesh/features';
import { groupServices, type Service } from '@devmesh/foundation';

/** The rag-loader: crawls repositories and keeps their index. */
export function createRagLoader({ features }: { readonly features: Pick<Features, 'loaders'> }): Service {
  return groupServices('rag-loader', features.loaders);
}
