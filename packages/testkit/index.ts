export { fakeClock, type FakeClock } from './clock.ts';
export { openTestDatabase } from './database.ts';
export { fetchedPackages, newerNode } from './fetched-packages.ts';
export { freePort } from './free-port.ts';
export { newMasterKeys } from './master-keys.ts';
export { newTenant } from './tenant.ts';
export { openTestEngines, type TestEngines } from './engines.ts';
