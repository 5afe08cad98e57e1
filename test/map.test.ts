import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { platformTools } from '@devmesh/api';
import { describe, expect, it } from 'vitest';
import { healthUri, tenantResources, uriOf } from '../apps/edge-mcp/resources/uris.ts';
import { tablesOf } from './architecture/habits.ts';
import { readTree } from './architecture/tree.ts';
import { readMap } from './map.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const places = readMap(readFileSync(`${root}docs/map.md`, 'utf8'));

const mission = {
  Services: 'edge-mcp rest-api worker rag-loader mockserver',
  Packages: `adapters agents auth aws cache chunking circuitbreaker client clients collaboration common config core
    database embedding errors events feature health intelligence interfaces metrics middleware models observability
    protocol queue rag redis relationship repository resilience retry rules safety search security services storage
    tests testutil tokenizer tools util utils webhook worker`,
  Tables: `organizations users api_keys agent_manifests agent_registrations agent_capabilities agent_channels
    tool_configurations tool_operations organization_tools embedding_model_catalog tenant_embedding_models
    agent_embedding_preferences embedding_usage_tracking github_repositories repository_files code_embeddings
    webhook_events webhook_dlq`,
  'MCP tools': `devmesh.task.create devmesh.task.assign devmesh.task.status devmesh.agent.assign devmesh.context.update
    devmesh.context.get devmesh.search.semantic devmesh.workflow.execute devmesh.workflow.list`,
  'MCP resources': `devmesh://system/health devmesh://agents/{tenant_id} devmesh://workflows/{tenant_id}
    devmesh://context/{session_id} devmesh://tasks/{tenant_id} devmesh://tools/{tenant_id}`,
};

function here(section: string): readonly string[] {
  return places.filter((place) => place.section === section && place.state === 'here').map(({ name }) => name);
}

describe('docs/map.md', () => {
  it.each(Object.entries(mission))('holds every name that the mission gives: %s', (section, names) => {
    const held = new Set(places.filter((place) => place.section === section).map(({ name }) => name));
    expect(names.split(/\s+/).filter((name) => name !== '' && !held.has(name))).toEqual([]);
  });

  it('names each thing once', () => {
    const keys = places.map(({ section, name }) => `${section}: ${name}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('calls "here" only rooms that exist', () => {
    const missing = places.filter(({ state, room }) => state === 'here' && !existsSync(root + room));
    expect(missing.map(({ name, room }) => `${name}: ${room}`)).toEqual([]);
  });

  it('has exactly the tables that the migrations create', () => {
    expect(here('Tables').toSorted()).toEqual([...tablesOf(readTree(root))].toSorted());
  });

  it('has exactly the tools that the operations give', () => {
    expect(here('MCP tools').toSorted()).toEqual(platformTools.map(({ name }) => name).toSorted());
  });

  it('has exactly the resources that the gateway reads', () => {
    const uris = [healthUri, ...tenantResources.map((kind) => uriOf(kind, '{tenant_id}'))];
    expect(here('MCP resources').toSorted()).toEqual(uris.toSorted());
  });
});
