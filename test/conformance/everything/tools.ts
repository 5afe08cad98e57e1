import { setTimeout } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import { contentOf, picture, pieces, sound, text, type EverythingTool, type Values } from './run.ts';

const between = 50;

const enumerations = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: {
      type: 'string',
      oneOf: [
        { const: 'value1', title: 'First Option' },
        { const: 'value2', title: 'Second Option' },
        { const: 'value3', title: 'Third Option' },
      ],
    },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    },
    titledMulti: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: {
        anyOf: [
          { const: 'value1', title: 'First Choice' },
          { const: 'value2', title: 'Second Choice' },
          { const: 'value3', title: 'Third Choice' },
        ],
      },
    },
  },
  required: [],
};

const defaults = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  required: [],
};

const wholeVocabulary = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

const oneText = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] });

function describeAnswer({ action, content }: Values): string {
  return `action=${String(action)}, content=${JSON.stringify(content ?? {})}`;
}

/** Asks for a form and tells what came back. */
function asking(message: string, requestedSchema: object): EverythingTool {
  return {
    description: 'Asks its caller to fill in a form.',
    run: async (_given, { ask }) =>
      text(`Elicitation completed: ${describeAnswer(await ask('elicitation/create', { message, requestedSchema }))}`),
  };
}

/** Tools that answer at once, tell of themselves on the way, or ask on an open stream. */
export const plainTools: Readonly<Record<string, EverythingTool>> = {
  test_simple_text: {
    description: 'Answers with a text.',
    run: async () => text('This is a simple text response for testing.'),
  },
  test_image_content: {
    description: 'Answers with a picture.',
    run: async () => pieces({ type: 'image', data: picture, mimeType: 'image/png' }),
  },
  test_audio_content: {
    description: 'Answers with a sound.',
    run: async () => pieces({ type: 'audio', data: sound, mimeType: 'audio/wav' }),
  },
  test_embedded_resource: {
    description: 'Answers with a resource.',
    run: async () => {
      const words = 'This is an embedded resource content.';
      const resource = { uri: 'test://embedded-resource', mimeType: 'text/plain', text: words };
      return pieces({ type: 'resource', resource });
    },
  },
  test_multiple_content_types: {
    description: 'Answers with a text, a picture and a resource.',
    run: async () => {
      const json = JSON.stringify({ test: 'data', value: 123 });
      return pieces(
        { type: 'text', text: 'Multiple content types test:' },
        { type: 'image', data: picture, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: json },
        },
      );
    },
  },
  test_repeated_argument: {
    description: 'Answers with an argument that callers over HTTP repeat in a header.',
    inputSchema: {
      properties: { region: { type: 'string', 'x-mcp-header': 'Region' } },
      required: ['region'],
    },
    run: async ({ region }, { mirrored }) => {
      if (mirrored !== undefined && mirrored['region'] !== region)
        throw new MeshError('header_mismatch', 'The header Mcp-Param-Region says something else than the argument.');
      return text(String(region));
    },
  },
  test_tool_with_logging: {
    description: 'Writes log messages while it works.',
    run: async (_given, { notify }) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        notify('notifications/message', { level: 'info', data });
        await setTimeout(between);
      }
      return text('Tool with logging executed successfully');
    },
  },
  test_tool_with_progress: {
    description: 'Tells how far it is.',
    run: async (_given, { progress, meta }) => {
      for (const step of [0, 50, 100]) {
        progress({ progress: step, total: 100, message: `Completed step ${String(step)} of 100` });
        await setTimeout(between);
      }
      return text(`Done for ${String(meta['progressToken'])}`);
    },
  },
  test_error_handling: {
    description: 'Fails.',
    run: async () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }),
  },
  test_sampling: {
    description: 'Asks the model of its caller.',
    inputSchema: oneText('prompt'),
    run: async ({ prompt }, { ask }) => {
      const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
      const answer = await ask('sampling/createMessage', { messages, maxTokens: 100 });
      return text(`LLM response: ${String(contentOf(answer)['text'])}`);
    },
  },
  test_elicitation: {
    description: 'Asks its caller for a text.',
    inputSchema: oneText('message'),
    run: async ({ message }, { ask }) => {
      const answer = await ask('elicitation/create', { message, requestedSchema: oneText('response') });
      return text(`User response: ${describeAnswer(answer)}`);
    },
  },
  test_elicitation_sep1034_defaults: asking('Please review and update the form fields with defaults', defaults),
  test_elicitation_sep1330_enums: asking('Please select options from the enum fields', enumerations),
  json_schema_2020_12_tool: {
    description: 'Has a schema that uses much of JSON Schema.',
    inputSchema: wholeVocabulary,
    run: async (given) => text(`JSON Schema 2020-12 tool called with: ${JSON.stringify(given)}`),
  },
  test_missing_capability: {
    description: 'Wants a caller whose model can be asked.',
    run: async (_given, _context, { clientCapabilities }) => {
      if (clientCapabilities['sampling'] !== undefined) return text('Success');
      throw new MeshError('capability_missing', 'This needs sampling.', {
        data: { requiredCapabilities: { sampling: {} } },
      });
    },
  },
  test_streaming_elicitation: {
    description: 'Tells how far it is before it answers.',
    run: async (_given, { progress }) => {
      progress({ progress: 50, total: 100 });
      return text('Streaming complete');
    },
  },
  test_logging_tool: {
    description: 'Writes one log message.',
    run: async (_given, { notify }) => {
      notify('notifications/message', { level: 'info', data: 'Diagnostic trace logging activated' });
      return text('Logging evaluated');
    },
  },
};
