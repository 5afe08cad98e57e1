import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a worker thread from a module beside the caller, whether the tree runs bundled (`.js`) or as TypeScript under tsx. */
export function startWorker(module: URL, options: WorkerOptions = {}): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, options);
  // Worker threads do not inherit tsx's loader on Node 20, so the thread registers it before it imports the module.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const boot = `import { register } from ${loader}; register(); await import(${JSON.stringify(module.href)});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(boot)}`), options);
}
