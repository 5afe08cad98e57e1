/** A bug that is planted in a copy of the tree: one text replaced, and the run that has to fail because of it. */
export interface Plant {
  readonly name: string;
  /** What the bug breaks. */
  readonly breaks: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The run that catches it, in a small size. */
  readonly run: readonly string[];
  /** A part of the failure that this run has to report. */
  readonly caughtBy: RegExp;
}

const webhooks = 'packages/features/webhooks';
const patience = ['--patience', '20'] as const;

/** Every plant. */
export const plants: readonly Plant[] = [
  {
    name: 'acknowledge-before-commit',
    breaks: 'a webhook is answered with 202 while its row is still on the way into the database',
    file: `${webhooks}/intake/intake.ts`,
    find: `    const stored = await deadline.wait(submission.result);
`,
    replace: `    submission.result.catch(() => undefined);
    const stored: Stored = { eventId: row.id, duplicate: false };
    await Promise.resolve();
`,
    run: ['--events', '400', '--kills', '0', '--faults', 'postgres,ingest', ...patience],
    caughtBy: /had no effect/u,
  },
  {
    name: 'no-dedupe',
    breaks: 'a delivery that is sent twice is stored twice',
    file: `${webhooks}/store-inbox.ts`,
    find: `
      insert into mcp.webhook_deliveries as known (tenant_id, source_id, delivery_id, event_id)
      select \${ownTenant}, "sourceId", "deliveryId", id from arrived order by "sourceId", "deliveryId"
      on conflict (tenant_id, source_id, delivery_id) do update
        set event_id = excluded.event_id, received_at = excluded.received_at
        where starts_with(known.delivery_id, \${digestPrefix}) and known.received_at < now() - interval '1 hour'
      returning event_id`,
    replace: ' select id as event_id from arrived',
    run: ['--events', '300', '--kills', '0', ...patience],
    caughtBy: /more than one effect/u,
  },
  {
    name: 'effect-outside-transaction',
    breaks: 'effects are committed before the mark that the event was processed',
    file: `${webhooks}/take-effects.ts`,
    find: `  if (ready.length > 0) await noteProcessed(options, tx, ready, effects);
  if (failed.length > 0) await noteFailures(options, tx, failed);
  return [...effects.values()]`,
    replace: `  if (failed.length > 0) await noteFailures(options, tx, failed);
  const mark = () => options.database.tenant(tenantId, (later) => noteProcessed(options, later, ready, effects));
  if (ready.length > 0) return [mark];
  return [...effects.values()]`,
    run: ['--events', '1500', '--kills', '8', ...patience],
    caughtBy: /more than one effect/u,
  },
  {
    name: 'never-marked',
    breaks: 'an event that was processed still waits in the inbox',
    file: `${webhooks}/store-processing.ts`,
    find: "set status = 'processed', attempts = attempts + 1,",
    replace: "set status = 'received', attempts = attempts + 1,",
    run: ['--events', '1000', '--kills', '8', ...patience],
    caughtBy: /more than one effect/u,
  },
  {
    name: 'no-sweeper',
    breaks: 'nobody rings again for events whose ring was lost with the stream',
    file: `${webhooks}/worker.ts`,
    find: `    every('webhook-sweeper', sweepEveryMilliseconds, (signal) => sweep({ ...options, group }, signal)),
`,
    replace: '',
    run: ['--events', '600', '--kills', '2', '--faults', 'aof-cut,flush', ...patience],
    caughtBy: /had no effect/u,
  },
  {
    name: 'attempts-off-by-one',
    breaks: 'a poison event is given one try less than configured, although its dead letter notes all of them',
    file: `${webhooks}/failing.ts`,
    find: 'attempts: event.attempts + 1 }',
    replace: 'attempts: event.attempts + (event.attempts === 1 ? 2 : 1) }',
    run: ['--events', '200', '--kills', '0', '--poison', '3', ...patience],
    caughtBy: /exactly the configured attempts/u,
  },
  {
    name: 'poison-never-buried',
    breaks: 'a poison event is given up without a dead letter',
    file: `${webhooks}/failing.ts`,
    find: 'const last = counted.filter(({ attempts }) => attempts >= options.maximumAttempts);',
    replace: 'const last = counted.filter(({ attempts }) => attempts > options.maximumAttempts);',
    run: ['--events', '200', '--kills', '0', '--poison', '3', ...patience],
    caughtBy: /not in dead letters/u,
  },
  {
    name: 'longest-queue-first',
    breaks:
      'the organization with the most queued is served until others have as many, also where it has its share of hands',
    file: 'packages/infrastructure/stream/redis-scripts.ts',
    find: `  while #tenants < most do
    local first = redis.call('ZPOPMIN', ready)
`,
    replace: `  except = {}
  local queued = function(tenant) return redis.call('XLEN', base .. 'entries:' .. tenant) end
  while #tenants < 1 do
    local all = redis.call('ZRANGE', ready, 0, -1)
    table.sort(all, function(one, other) return queued(one) > queued(other) end)
    local first = { all[1], 0 }
    if first[1] then redis.call('ZREM', ready, first[1]) end
`,
    run: ['--fairness', '--events', '25000', '--workers', '1'],
    caughtBy: /took .+ s, not 5 s/u,
  },
  {
    name: 'stop-cuts-requests',
    breaks: 'a stopping server cuts the requests that it has begun on',
    file: 'packages/infrastructure/http/server.ts',
    find: 'if (!(await connections.untilClosed(milliseconds))) {',
    replace: 'if (!(await connections.untilClosed(0))) {',
    run: ['--drain', '--events', '2400', '--workers', '2'],
    caughtBy: /not answered with a 202/u,
  },
];
