export { createIndexer } from './indexer.ts';
export { knowledgeRoutes } from './routes.ts';
export { createKnowledge, type Knowledge } from './service.ts';
