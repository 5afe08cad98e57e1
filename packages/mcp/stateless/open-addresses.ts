import { MeshError } from '@devmesh/foundation';
import type { RequestContext } from '../handlers.ts';
import { isRecord, type Params } from '../message.ts';

type Work = (context: RequestContext) => Promise<object>;

/** Rounds of addresses that one request may take. */
const mostRounds = 10;

/**
 * What MCP 2025-11-25 refuses until a person has opened addresses (`-32042`), and what the revisions after it ask instead: the person
 * is asked to open them, and the work is done again. Throws `forbidden` where the person does not want to.
 */
export function openingAddresses(work: Work): Work {
  return async (context) => {
    for (let round = 1; ; round += 1) {
      try {
        return await work(context);
      } catch (error) {
        const questions = questionsIn(error);
        if (questions.length === 0 || round === mostRounds) throw error;
        await open(questions, context);
      }
    }
  };
}

async function open(questions: readonly Params[], { ask }: RequestContext): Promise<void> {
  const answers = await Promise.all(questions.map((params) => ask('elicitation/create', params)));
  if (answers.every(({ action }) => action === 'accept')) return;
  const addresses = questions.map(({ url }) => String(url)).join(', ');
  throw new MeshError('forbidden', `This needs a person to open ${addresses} first, who does not want to.`);
}

/** The addresses as questions, which have no id in the revisions that ask so. */
function questionsIn(error: unknown): readonly Params[] {
  if (!(error instanceof MeshError) || error.code !== 'url_elicitation_required') return [];
  const { elicitations } = error.data;
  if (!Array.isArray(elicitations)) return [];
  return elicitations.filter(isRecord).map(({ url, message }) => ({ mode: 'url', url, message }));
}
