/** How the demo tells its story: what a person would type, what came back, and whether that is what should have. */
import { styleText } from 'node:util';

export class StepFailed extends Error {
  override name = 'StepFailed';
}

export type Narrator = {
  chapter(title: string): void;
  /** Shows the command and what it answered; `expect` says what is wrong with the answer, if anything. */
  step(command: string, run: () => Promise<string>, expect: (answer: string) => string | undefined): Promise<string>;
  say(text: string): void;
  readonly steps: number;
};

const SHOWN_LINES = 12;

export function narrator(write: (text: string) => void, colour: boolean): Narrator {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text) : text;
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    chapter: (title) => write(`\n${style('bold', `── ${title} ${'─'.repeat(Math.max(3, 90 - title.length))}`)}\n\n`),
    say: (text) => write(`${style('dim', text)}\n`),
    async step(command, run, expect) {
      write(`${style('cyan', `$ ${command}`)}\n`);
      const answer = await run();
      write(shortened(answer));
      const wrong = expect(answer);
      if (wrong !== undefined) {
        write(`${style('red', `✗ ${wrong}`)}\n`);
        throw new StepFailed(`${command}: ${wrong}`);
      }
      steps++;
      write(`${style('green', '✓')}\n`);
      return answer;
    },
  };
}

function shortened(text: string): string {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, SHOWN_LINES).map((line) => `  ${line}\n`);
  return shown.join('') + (lines.length > SHOWN_LINES ? `  … ${lines.length - SHOWN_LINES} more lines\n` : '');
}

export const contains =
  (...texts: readonly string[]) =>
  (answer: string): string | undefined => {
    const missing = texts.filter((text) => !answer.includes(text));
    return missing.length > 0 ? `expected to see ${missing.join(' and ')}` : undefined;
  };

export const lacks =
  (...texts: readonly string[]) =>
  (answer: string): string | undefined => {
    const there = texts.filter((text) => answer.includes(text));
    return there.length > 0 ? `expected not to see ${there.join(' and ')}` : undefined;
  };
