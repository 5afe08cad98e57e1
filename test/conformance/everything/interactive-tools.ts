import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';
import { contentOf, form, roots, sample, text, wanting, type EverythingTool, type Values } from './run.ts';

const key = randomBytes(32);

function sign(state: Values): string {
  const body = Buffer.from(JSON.stringify(state)).toString('base64url');
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

/** The state as it was signed; throws for any other. */
function verified(state: string): Values {
  const [body = '', signature = ''] = state.split('.');
  const wanted = createHmac('sha256', key).update(body).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new MeshError('invalid_request', 'requestState integrity check failed');
  }
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Values;
}

const nameForm = form('What is your name?', 'name');

function rootsIn(answer: Values | undefined): number {
  const given = answer?.['roots'];
  return Array.isArray(given) ? given.length : 0;
}

function tool(description: string, run: EverythingTool['run']): EverythingTool {
  return { description, run };
}

const firstStep = () => wanting({ step1: form('Step 1: What is your name?', 'name') }, sign({ round: 1 }));

/** Tools that get answers by being called again. */
export const interactiveTools: Readonly<Record<string, EverythingTool>> = {
  test_input_required_result_elicitation: tool('Asks for a name.', async (_given, { inputResponses }) => {
    const answer = inputResponses['user_name'];
    const { name } = contentOf(answer);
    return typeof name === 'string' ? text(`Hello, ${name}!`) : wanting({ user_name: nameForm });
  }),
  test_input_required_result_sampling: tool('Asks a model.', async (_given, { inputResponses }) => {
    const answer = inputResponses['sample_request'];
    if (answer === undefined) return wanting({ sample_request: sample('What is the capital of France?') });
    return text(`Sampling result: ${String(contentOf(answer)['text'])}`);
  }),
  test_input_required_result_list_roots: tool('Asks for roots.', async (_given, { inputResponses }) => {
    const answer = inputResponses['roots_request'];
    return answer === undefined ? wanting({ roots_request: roots }) : text(`Found ${String(rootsIn(answer))} root(s)`);
  }),
  test_input_required_result_request_state: tool('Keeps its state with its caller.', async (_given, context) => {
    const { inputResponses, requestState } = context;
    const confirmed = contentOf(inputResponses['confirm'])['ok'] === true;
    if (requestState !== undefined && confirmed && verified(requestState)['kind'] === 'request-state') {
      return text('state-ok: requestState validated');
    }
    return wanting({ confirm: form('Please confirm', 'ok', 'boolean') }, sign({ kind: 'request-state' }));
  }),
  test_input_required_result_multiple_inputs: tool('Asks for several things at once.', async (_given, context) => {
    const { inputResponses, requestState } = context;
    const { user_name: name, greeting, client_roots: listed } = inputResponses;
    if (requestState === undefined || name === undefined || greeting === undefined || listed === undefined) {
      const questions = { user_name: nameForm, greeting: sample('Generate a greeting'), client_roots: roots };
      return wanting(questions, sign({ kind: 'multiple-inputs' }));
    }
    verified(requestState);
    const words = String(contentOf(greeting)['text']);
    return text(`Name: ${String(contentOf(name)['name'])}; Greeting: ${words}; Roots: ${String(rootsIn(listed))}`);
  }),
  test_input_required_result_multi_round: tool('Asks twice.', async (_given, { inputResponses, requestState }) => {
    if (requestState === undefined) return firstStep();
    const { round, name } = verified(requestState);
    const { step1, step2 } = inputResponses;
    if (round === 1 && step1 !== undefined) {
      const state = sign({ round: 2, name: contentOf(step1)['name'] });
      return wanting({ step2: form('Step 2: What is your favorite color?', 'color') }, state);
    }
    if (round !== 2 || step2 === undefined) return firstStep();
    return text(`Multi-round complete for ${String(name)} who likes ${String(contentOf(step2)['color'])}`);
  }),
  test_input_required_result_tampered_state: tool('Checks its state.', async (_given, context) => {
    const { inputResponses, requestState } = context;
    if (requestState !== undefined) {
      const { kind } = verified(requestState);
      if (kind === 'tamper-test' && inputResponses['confirm'] !== undefined)
        return text('integrity-ok: state verified');
    }
    return wanting({ confirm: form('Please confirm', 'ok', 'boolean') }, sign({ kind: 'tamper-test' }));
  }),
  test_input_required_result_capabilities: tool('Asks what its caller can.', async (_given, context, session) => {
    const { elicitation, sampling } = session.clientCapabilities;
    const answered = Object.keys(context.inputResponses);
    if (answered.length > 0) return text(`capabilities-ok: received ${answered.join(',')}`);
    const questions = {
      ...(elicitation === undefined ? {} : { elicit_input: form('Elicitation input', 'value') }),
      ...(sampling === undefined ? {} : { sample_input: sample('Sample request') }),
    };
    if (Object.keys(questions).length === 0) return text('No supported capabilities declared');
    return wanting(questions, sign({ kind: 'capabilities-test' }));
  }),
};
