export { webhookRoutes } from './routes.ts';
export { sealedColumns } from './sealed-columns.ts';
export { createWebhooks, type Webhooks } from './service.ts';
export { createWebhookWorker } from './worker.ts';
