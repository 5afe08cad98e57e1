export { sealedColumns } from './sealed-columns.ts';
export { AlreadyAnswered, createIdempotency, type Idempotency, type KeyedWrite } from './service.ts';
export { createIdempotencySweeper } from './sweeper.ts';
