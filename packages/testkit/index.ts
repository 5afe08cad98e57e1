export { fakeClock, type FakeClock } from './clock.ts';
export { allMigrations, openTestDatabase } from './database.ts';
export { newTenant } from './tenant.ts';
