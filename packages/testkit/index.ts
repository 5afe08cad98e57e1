export { fakeClock, type FakeClock } from './clock.ts';
export { openTestDatabase } from './database.ts';
export { newTenant } from './tenant.ts';
export { openTestEngines, type TestEngines } from './engines.ts';
