export { deliveryRoutes } from './routes.ts';
export { createDeliveries, type Deliveries } from './service.ts';
export { createDeliveryWorker } from './worker.ts';
