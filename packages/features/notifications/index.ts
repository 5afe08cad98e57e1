export { notificationRoutes } from './routes.ts';
export { createNotifications, type Notice, type Notifications } from './service.ts';
