import { MeshError } from '@devmesh/foundation';
import type { PromptHandlers, ResourceContents, ResourceHandlers } from '@devmesh/mcp';
import { contentOf, form, picture, wanting, type Values } from './run.ts';

const resources = {
  'test://static-text': { name: 'static-text', title: 'Static Text Resource', mimeType: 'text/plain' },
  'test://static-binary': { name: 'static-binary', title: 'Static Binary Resource', mimeType: 'image/png' },
  'test://watched-resource': { name: 'watched-resource', title: 'Watched Resource', mimeType: 'text/plain' },
};

const template = /^test:\/\/template\/([^/]+)\/data$/u;

function read(uri: string): ResourceContents {
  const id = template.exec(uri)?.[1];
  if (id !== undefined) {
    const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
    return { uri, mimeType: 'application/json', text };
  }
  switch (uri) {
    case 'test://static-text':
      return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' };
    case 'test://static-binary':
      return { uri, mimeType: 'image/png', blob: picture };
    case 'test://watched-resource':
      return { uri, mimeType: 'text/plain', text: 'Watched resource content' };
    default:
      throw new MeshError('not_found', `There is no resource ${uri}.`);
  }
}

/** The resources that the runner reads and follows. */
export const everyResource: ResourceHandlers<string> = {
  list: async () => ({ resources: Object.entries(resources).map(([uri, about]) => ({ uri, ...about })) }),
  read: async (_session, { uri }) => ({ contents: [read(uri)] }),
  templates: async () => ({
    resourceTemplates: [
      { uriTemplate: 'test://template/{id}/data', name: 'template', title: 'Template', mimeType: 'application/json' },
    ],
  }),
  subscribe: async (_session, { uri }) => {
    read(uri);
  },
  unsubscribe: async () => undefined,
};

type Messages = readonly { readonly role: 'user'; readonly content: never }[];

const say = (...content: readonly object[]): { readonly messages: Messages } => ({
  messages: content.map((piece) => ({ role: 'user', content: piece as never })),
});

const prompts: Readonly<
  Record<string, { readonly args: readonly string[]; readonly fill: (given: Values) => object }>
> = {
  test_simple_prompt: {
    args: [],
    fill: () => say({ type: 'text', text: 'This is a simple prompt for testing.' }),
  },
  test_prompt_with_arguments: {
    args: ['arg1', 'arg2'],
    fill: ({ arg1, arg2 }) =>
      say({ type: 'text', text: `Prompt with arguments: arg1='${String(arg1)}', arg2='${String(arg2)}'` }),
  },
  test_prompt_with_embedded_resource: {
    args: ['resourceUri'],
    fill: ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
      return say({ type: 'resource', resource }, { type: 'text', text: 'Please process the embedded resource above.' });
    },
  },
  test_prompt_with_image: {
    args: [],
    fill: () =>
      say(
        { type: 'image', data: picture, mimeType: 'image/png' },
        { type: 'text', text: 'Please analyze the image above.' },
      ),
  },
  test_input_required_result_prompt: { args: [], fill: () => ({}) },
};

/** The prompts that the runner gets; the last of them asks first. */
export const everyPrompt: PromptHandlers<string> = {
  list: async () => ({
    prompts: Object.entries(prompts).map(([name, { args }]) => ({
      name,
      description: 'A prompt for tests.',
      arguments: args.map((argument) => ({ name: argument, description: 'Any text.', required: true })),
    })),
  }),
  get: async (_session, { name, arguments: given }, { inputResponses }) => {
    const prompt = prompts[name];
    if (prompt === undefined) throw new MeshError('not_found', `There is no prompt ${name}.`);
    if (name !== 'test_input_required_result_prompt') return prompt.fill(given) as { messages: Messages };
    const answer = inputResponses['user_context'];
    if (answer === undefined) return wanting({ user_context: form('What context should the prompt use?', 'context') });
    return say({ type: 'text', text: `Prompt with context: ${String(contentOf(answer)['context'])}` });
  },
};
