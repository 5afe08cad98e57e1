export { signingKey, type MachineGrant } from './machine-grant.ts';
export { checkEndpoint } from './endpoint.ts';
export { connectionRoutes } from './routes.ts';
export { sealedColumns } from './sealed-places.ts';
export { createConnections, type Connections, type UpstreamToken } from './service.ts';
