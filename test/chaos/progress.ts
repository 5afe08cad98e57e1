/** Shows how a run goes on standard error: one line that changes on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** A sentence of its own. */
  say(sentence: string): void;
  stop(): void;
}

const everyMilliseconds = 500;
const quietEvery = 10;

/** Shows what `line` tells, until it is stopped. */
export function showProgress(line: () => string): Progress {
  const { stderr } = process;
  let shown = 0;
  const show = (): void => {
    if (stderr.isTTY) stderr.write(`\r\u001B[K${line()}`);
    else if (shown % quietEvery === 0) stderr.write(`${line()}\n`);
    shown += 1;
  };
  const timer = setInterval(show, everyMilliseconds);
  return {
    say: (sentence) => {
      stderr.write(stderr.isTTY ? `\r\u001B[K${sentence}\n` : `${sentence}\n`);
    },
    stop: () => {
      clearInterval(timer);
      stderr.write(stderr.isTTY ? `\r\u001B[K${line()}\n` : `${line()}\n`);
    },
  };
}
