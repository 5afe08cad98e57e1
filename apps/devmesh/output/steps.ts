import { paint } from './style.ts';

/** Shows work step by step: what runs now, how long it took, what came of it. */
export interface Steps {
  /** Runs one step; its result tells what to print below it. A failure is shown and rethrown. */
  run<Result>(title: string, work: (say: (line: string) => void) => Promise<Result>): Promise<Result>;
}

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
      const stopSpinning = spin(label);
      const seconds = (): string => paint('dim', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      try {
        const result = await work((line) => lines.push(line));
        stopSpinning();
        print(`${paint('green', '✓')} ${label} ${seconds()}`, lines);
        return result;
      } catch (error) {
        stopSpinning();
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

function spin(label: string): () => void {
  if (!process.stdout.isTTY) return () => undefined;
  let frame = 0;
  const draw = (): void => {
    process.stdout.write(`\r\u001B[2K${paint('cyan', frames[frame % frames.length] ?? '')} ${label}`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, frameMilliseconds);
  return () => {
    clearInterval(timer);
    process.stdout.write('\r\u001B[2K');
  };
}
