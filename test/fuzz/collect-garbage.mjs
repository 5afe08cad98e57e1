// Loaded into the mesh that is attacked: on SIGUSR2 every thread throws its garbage away, so that what is held can be told from what nobody
// has thrown away yet.
import { isMainThread } from 'node:worker_threads';

const channel = new BroadcastChannel('collect-garbage');
channel.addEventListener('message', () => globalThis.gc());
channel.unref();
if (isMainThread) {
  process.on('SIGUSR2', () => {
    globalThis.gc();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel of threads has no origin
    channel.postMessage('all');
  });
}
