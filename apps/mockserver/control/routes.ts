import { Hono } from 'hono';
import { faultSchema, type Faults } from './faults.ts';
import type { Journal } from './journal.ts';
import { readValid } from '../json-body.ts';

interface ControlOptions {
  readonly faults: Faults;
  readonly journal: Journal;
  /** Brings the imitated world back to its seeded data, and forgets receivers. */
  readonly resetWorld: () => void;
}

/** What tests use to order faults, to see what arrived and to start afresh. */
export function controlRoutes({ faults, journal, resetWorld }: ControlOptions): Hono {
  const app = new Hono();
  app.post('/faults', async (c) => {
    faults.add(await readValid(c, faultSchema));
    return c.json({ faults: faults.list() }, 201);
  });
  app.get('/faults', (c) => c.json({ faults: faults.list() }));
  app.get('/requests', (c) => {
    const path = c.req.query('path');
    return c.json({ requests: journal.list().filter((request) => path === undefined || request.path === path) });
  });
  app.post('/reset', (c) => {
    faults.clear();
    journal.clear();
    resetWorld();
    return c.json({ reset: true });
  });
  return app;
}
