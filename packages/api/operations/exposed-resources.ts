import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { pageOf, pageQuery } from '../schemas.ts';
import { toolOperations } from './tools.ts';

const resource = z.object({
  uri: z.string().describe('`devmesh://tools/<service>/<name>`, with `{?...}` (RFC 6570) for arguments.'),
  isTemplate: z.boolean(),
  name: z.string(),
  title: z.string(),
  description: z.string(),
});

export const exposedResourceOperations = {
  listExposedResources: defineOperation({
    id: 'tools.exposedResources',
    method: 'GET',
    path: '/tool-resources',
    summary: 'List the operations that route rules make resources, by name',
    scope: 'tools:read',
    query: pageQuery,
    status: 200,
    response: pageOf(resource),
    errors: [],
    cli: 'tools exposed-resources',
  }),
  readExposedResource: defineOperation({
    id: 'tools.readExposedResource',
    method: 'POST',
    path: '/tool-resources/read',
    summary: 'Read an operation that is a resource; arguments come in the query of its address',
    scope: 'tools:call',
    body: z.object({ uri: z.string().min(1).max(8_000) }),
    status: 200,
    response: toolOperations.callTool.response,
    errors: toolOperations.callTool.errors,
    cli: 'tools read-exposed-resource',
  }),
};
