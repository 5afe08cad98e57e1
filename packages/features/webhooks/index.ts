export { webhookRoutes } from './routes.ts';
export { createWebhooks, type Webhooks } from './service.ts';
export { createWebhookWorker } from './worker.ts';
