/** The status for a person to read. */
export function report({ home, postgres, redis }) {
  const pgvector = `, pgvector ${postgres.pgvector ?? 'not installed'}`;
  return [
    `${line('PostgreSQL', postgres)}${pgvector}; log ${postgres.log}`,
    `${line('Redis', redis)}; log ${redis.log}`,
    `Data in ${home}`,
  ].join('\n');
}

/** The variables as lines that a shell can evaluate. */
export function shellExports(variables) {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n');
}

function line(name, { answers, port, version }) {
  const state = answers ? `answers on 127.0.0.1:${port}` : `does not answer on 127.0.0.1:${port}`;
  return `${name}${version ? ` ${version}` : ''} ${state}`;
}
