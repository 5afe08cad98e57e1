import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../definitions/effective.ts';
import { readDocument } from '../reading/read-document.ts';
import { matchOperations } from './match-operations.ts';
import { packBaseUrl } from './pack-address.ts';
import { packDocument } from './pack-document.ts';
import type { Pack } from './pack.ts';
import { packs, requirePack } from './packs.ts';

const features = fileURLToPath(new URL('../../', import.meta.url));
const shared = process.env['SHARED_EVAL'] ?? fileURLToPath(new URL('../../../../../shared/eval', import.meta.url));
const folder = join(shared, 'openapi/documents');

/** Real documents of providers, and the operations that these editions do not have. */
const documents: Readonly<Record<string, { readonly file: string; readonly without?: readonly string[] }>> = {
  github: { file: 'github-api.json' },
  jira: { file: 'jira-cloud.json' },
  harness: { file: 'harness-gitness-code.yaml' },
  nexus: { file: 'nexus.json' },
  'argo-cd': { file: 'argo-cd.json' },
  kubernetes: { file: 'kubernetes-oas3.json' },
  pagerduty: { file: 'pagerduty-rest.json' },
  datadog: { file: 'datadog-v2-2026-04.yaml' },
  slack: { file: 'slack-web-v2.json' },
};

function toolsOf(pack: Pack, text: string | Uint8Array) {
  const reading = readDocument({ text, service: 'x', documentUrl: undefined, baseUrl: 'https://x.test' });
  const tools = [...reading.tools];
  return { tools, matches: matchOperations(pack, tools) };
}

/** Operations whose fixed and preset arguments the document does not take. */
function misfits({ tools, matches }: ReturnType<typeof toolsOf>): readonly string[] {
  return matches.flatMap(({ operation: { fixed, defaults, call }, key }) => {
    const tool = tools.find((one) => one.key === key);
    const problem = tool === undefined ? undefined : problemOf(tool, { fixed, defaults });
    return problem === undefined ? [] : [`${call}: ${problem}`];
  });
}

describe('the packs', () => {
  it('are those of the providers, each once', () => {
    expect(packs.map(({ name }) => name).toSorted()).toEqual([
      'argo-cd',
      'artifactory',
      'bitbucket',
      'confluence',
      'datadog',
      'github',
      'gitlab',
      'grafana',
      'harness',
      'jenkins',
      'jira',
      'kubernetes',
      'linear',
      'nexus',
      'opsgenie',
      'pagerduty',
      'sentry',
      'slack',
      'snyk',
      'sonarqube',
      'terraform-cloud',
      'xray',
    ]);
  });

  it.each(packs.map((pack) => [pack.name, pack] as const))('%s is whole and can be used as it says', (_name, pack) => {
    const kinds = readdirSync(join(features, 'webhooks/kinds')).map((file) => file.replace('.ts', ''));
    const presets = readdirSync(join(features, 'connections/presets')).map((file) => file.replace('.ts', ''));
    expect(pack.summary).toMatch(/^[A-Z][^]*\.$/u);
    expect(pack.operations.length).toBeGreaterThanOrEqual(10);
    expect(pack.operations.length).toBeLessThanOrEqual(25);
    expect(pack.auth.length).toBeGreaterThan(0);
    for (const { kind, header, connection, createdAt } of pack.auth) {
      expect(new URL(createdAt).protocol).toBe('https:');
      expect(header !== undefined).toBe(kind === 'apiKey');
      expect(connection !== undefined).toBe(kind === 'oauth2');
      expect([...presets, undefined]).toContain(connection);
    }
    expect([...kinds, undefined]).toContain(pack.webhook);
    const { url = 'https://x.test', path = '/' } = { ...pack.document } as { url?: string; path?: string };
    expect(new URL(url).protocol).toBe('https:');
    expect(path).toMatch(/^\//u);
    expect(pack.health).toMatch(/^\//u);
    expect(pack.address.cloud ?? pack.address.instance).toBeDefined();
    for (const { name, call, orCalls = [], description } of pack.operations) {
      expect(name).toMatch(/^[a-z][a-z0-9_]{0,38}$/u);
      expect(description).toMatch(/[.)]$/u);
      for (const one of [call, ...orCalls]) expect(one).toMatch(/^(?:GET|POST|PUT|PATCH|DELETE) \/\S*$/u);
    }
    expect(new Set(pack.operations.map(({ name }) => name)).size).toBe(pack.operations.length);
  });

  it.each(packs.filter(({ document }) => document.from === 'pack').map((pack) => [pack.name, pack] as const))(
    '%s describes its operations, each of which becomes a tool that its fixed arguments fit',
    (_name, pack) => {
      const { tools, matches } = toolsOf(pack, packDocument(pack));
      expect(tools).toHaveLength(pack.operations.length);
      expect(new Set(matches.map(({ key }) => key ?? '')).size).toBe(pack.operations.length);
      expect(matches.filter(({ key }) => key === undefined)).toEqual([]);
      expect(misfits({ tools, matches })).toEqual([]);
    },
  );

  it.each(Object.entries(documents).filter(([, { file }]) => existsSync(join(folder, file))))(
    '%s: its curated operations are those of the real document (none here without SHARED_EVAL)',
    (name, { file, without = [] }) => {
      const matches = matchOperations(requirePack(name), operationsIn(readFileSync(join(folder, file), 'utf8')));
      const missing = matches.filter(({ key }) => key === undefined).map(({ operation }) => operation.call);
      expect(missing).toEqual(without);
    },
  );

  it.each(['argo-cd', 'kubernetes'].filter((name) => existsSync(join(folder, documents[name]?.file ?? ''))))(
    '%s: its fixed arguments fit the real document (none here without SHARED_EVAL)',
    (name) => {
      expect(misfits(toolsOf(requirePack(name), readFileSync(join(folder, documents[name]?.file ?? ''))))).toEqual([]);
    },
  );
});

/** Methods and paths of a document, in JSON or in YAML as tools write it. */
function operationsIn(text: string): Parameters<typeof matchOperations>[1] {
  const methods = /^(?:get|put|post|delete|patch)$/u;
  const paths = new Map<string, readonly string[]>();
  if (text.startsWith('{')) {
    const document = JSON.parse(text) as { paths: Record<string, object> };
    for (const [path, item] of Object.entries(document.paths)) paths.set(path, Object.keys(item));
  } else {
    let path = '';
    for (const line of text.split('\n')) {
      path = /^ {2}["']?(\/[^:"']*)["']?:\s*$/u.exec(line)?.[1] ?? path;
      const method = /^ {4}([a-z]+):\s*$/u.exec(line)?.[1];
      if (method !== undefined) paths.set(path, [...(paths.get(path) ?? []), method]);
    }
  }
  return [...paths].flatMap(([path, names]) =>
    names.filter((name) => methods.test(name)).map((method) => ({ key: `${method} ${path}`, method, path })),
  );
}

describe('the address of an instance', () => {
  it.each([
    ['artifactory', 'https://a.test', 'https://a.test/artifactory'],
    ['artifactory', 'https://a.test/artifactory/', 'https://a.test/artifactory'],
    ['terraform-cloud', undefined, 'https://app.terraform.io/api/v2'],
    ['github', 'https://git.test/api/v3', 'https://git.test/api/v3'],
  ])('%s at %s is %s', (name, given, expected) => {
    expect(packBaseUrl(requirePack(name), given)).toBe(expected);
  });

  it('must be given where the provider has none for everybody', () => {
    expect(() => packBaseUrl(requirePack('jenkins'), undefined)).toThrow(/address of your own/u);
  });
});

describe('finding operations', () => {
  const pack: Pack = {
    ...requirePack('gitlab'),
    operations: [{ call: 'GET /api/v4/projects/{id}', name: 'get', description: 'x.' }],
  };

  it.each([
    ['another name of the parameter', 'GET', '/api/v4/projects/{project}', true],
    ['without the prefix', 'GET', '/projects/{id}', true],
    ['with a slash at the end', 'get', '/api/v4/projects/{id}/', true],
    ['another method', 'PUT', '/api/v4/projects/{id}', false],
    ['a fixed segment in place of the parameter', 'GET', '/api/v4/projects/starred', false],
  ])('%s: %s %s', (_what, method, path, found) => {
    const [match] = matchOperations(pack, [{ key: 'k', method, path }]);
    expect(match?.key).toBe(found ? 'k' : undefined);
  });
});
