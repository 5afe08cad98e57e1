export { deliveryRoutes } from './routes.ts';
export { sealedColumns } from './sealed-columns.ts';
export { createDeliveries, type Deliveries } from './service.ts';
export { createDeliveryWorker } from './worker.ts';
