export type { ActingPrincipal, Actor } from './actor.ts';
export { createAuditBodies, type AuditBodies } from './bodies.ts';
export { hashOfEnd } from './chain-end.ts';
export { verifyTrail, type Verdict } from './format/verify.ts';
export { createAuditProof, type AuditProof } from './proof.ts';
export { auditRoutes } from './routes.ts';
export { createAuditSealer } from './sealer.ts';
export { sealedColumns } from './sealed-columns.ts';
export { createAudit, type Audit } from './service.ts';
