export { type Audit } from './audit/index.ts';
export { featureConfigShape, type FeatureConfig } from './config.ts';
export { createFeatures, type Features } from './features.ts';
export { host, type Hosted } from './host.ts';
export { runAlone } from './alone.ts';
export { AlreadyAnswered, type Idempotency, type KeyedWrite } from './idempotency/index.ts';
export { actorOf, type Identity, type Principal } from './identity/index.ts';
export type { Limits } from './limits/index.ts';
export type { AnyCall, Route } from './routing.ts';
