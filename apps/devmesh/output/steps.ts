import { paint } from './style.ts';

/** Shows work step by step: what runs now, how long it took, what came of it. */
export interface Steps {
  /** Runs one step. A failure is shown and rethrown. */
  run<Result>(title: string, work: (say: Say, progress: Say) => Promise<Result>): Promise<Result>;
}

/** `say` prints a line below the step when it has ended; `progress` shows beside it, on a terminal, while it runs. */
type Say = (line: string) => void;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMilliseconds = 80;

/** Steps on standard output; with a moving mark on a terminal, as plain lines elsewhere. */
export function createSteps(total: number): Steps {
  let number = 0;
  return {
    run: async (title, work) => {
      number += 1;
      const label = `${paint('dim', `${String(number).padStart(String(total).length)}/${String(total)}`)} ${title}`;
      const lines: string[] = [];
      const startedAt = performance.now();
      const { progress, stop } = spin(label);
      const seconds = (): string => paint('dim', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      try {
        const result = await work((line) => lines.push(line), progress);
        stop();
        print(`${paint('green', '✓')} ${label} ${seconds()}`, lines);
        return result;
      } catch (error) {
        stop();
        print(`${paint('red', '✗')} ${label} ${seconds()}`, lines);
        throw error;
      }
    },
  };
}

function print(head: string, lines: readonly string[]): void {
  console.log(head);
  for (const line of lines) console.log(`    ${line}`);
}

interface Spinner {
  readonly progress: Say;
  readonly stop: () => void;
}

function spin(label: string): Spinner {
  if (!process.stdout.isTTY) return { progress: () => undefined, stop: () => undefined };
  let frame = 0;
  let beside = '';
  const draw = (): void => {
    const mark = paint('cyan', frames[frame % frames.length] ?? '');
    process.stdout.write(`\r\u001B[2K${mark} ${label} ${paint('dim', beside)}`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, frameMilliseconds);
  return {
    progress: (text) => {
      beside = text;
    },
    stop: () => {
      clearInterval(timer);
      process.stdout.write('\r\u001B[2K');
    },
  };
}
