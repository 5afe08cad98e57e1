/** Paths by which descriptions are found whatever the product (RFC 9727, RFC 8615). */
export const wellKnownPaths: readonly string[] = [
  '/.well-known/api-catalog',
  '/.well-known/openapi',
  '/.well-known/openapi.json',
  '/.well-known/openapi.yaml',
];

/** Where frameworks and products lay them, the most frequent first. */
export const commonPaths: readonly string[] = [
  '/openapi.json',
  '/swagger.json',
  '/v3/api-docs',
  '/openapi.yaml',
  '/v2/api-docs',
  '/swagger/v1/swagger.json',
  '/api-docs',
  '/docs',
  '/swagger-ui/index.html',
  '/openapi/v2',
  '/api/openapi.json',
  '/api/swagger.json',
  '/api/v1/openapi.json',
  '/api/docs',
  '/api-docs.json',
  '/docs/openapi.json',
  '/redoc',
  '/swagger',
  '/openapi',
  '/v3/api-docs/swagger-config',
  '/swagger-ui/swagger-initializer.js',
  '/swagger.yaml',
  '/openapi.yml',
  '/service/rest/swagger.json',
  '/api/webservices/list',
  '/public/openapi3.json',
  '/api/v1/swagger.json',
  '/api/api-docs',
  '/q/openapi',
  '/swagger-resources',
  '/swagger/doc.json',
  '/postman.json',
  '/collection.json',
];

/** Where MCP servers are. */
export const mcpPaths: readonly string[] = ['/mcp'];

/** Addresses below which paths are tried: the folder of the named address first, then its origin. */
export function basesOf(address: string): readonly string[] {
  const { origin, pathname } = new URL(address);
  const folder = pathname.replace(/\/[^/]*\.[^/]*$/u, '').replace(/\/+$/u, '');
  return folder === '' ? [origin] : [`${origin}${folder}`, origin];
}
