export { AlreadyAnswered, createIdempotency, type Idempotency, type KeyedWrite } from './service.ts';
export { createIdempotencySweeper } from './sweeper.ts';
