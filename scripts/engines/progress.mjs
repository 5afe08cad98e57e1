/** A failure that one sentence explains; the command line prints it without a stack trace. */
export class Failure extends Error {}

/** Runs one step and prints one line for it: its title, the note that `work` returns, and how long it took. */
export async function step(title, work) {
  const started = performance.now();
  const elapsed = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  process.stderr.write(`${title} ... `);
  try {
    const note = await work();
    process.stderr.write(`${note} (${elapsed()})\n`);
  } catch (error) {
    process.stderr.write(`failed (${elapsed()})\n`);
    throw error;
  }
}
