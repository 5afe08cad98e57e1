import type { Content, InputRequest, InputRequired, RequestContext, Session, ToolResult } from '@devmesh/mcp';

/** What the runner gives with a call, or gets from it. */
export type Values = Readonly<Record<string, unknown>>;

/** One tool that the runner calls by its name. */
export interface EverythingTool {
  readonly description: string;
  readonly inputSchema?: Readonly<Record<string, unknown>>;
  run(given: Values, context: RequestContext, session: Session<string>): Promise<ToolResult | InputRequired>;
}

/** A result of one text. */
export const text = (words: string): ToolResult => ({ content: [{ type: 'text', text: words }] });

/** A result of several pieces. */
export const pieces = (...content: readonly Content[]): ToolResult => ({ content });

/** Asks for a form of one field. */
export function form(message: string, field: string, type: 'string' | 'boolean' = 'string'): InputRequest {
  const requestedSchema = { type: 'object', properties: { [field]: { type } }, required: [field] };
  return { method: 'elicitation/create', params: { message, requestedSchema } };
}

/** Asks for a completion of a model. */
export function sample(prompt: string): InputRequest {
  const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
  return { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } };
}

export const roots: InputRequest = { method: 'roots/list', params: {} };

/** Says what the client has to answer first. */
export function wanting(inputRequests: Readonly<Record<string, InputRequest>>, requestState?: string): InputRequired {
  return { resultType: 'input_required', inputRequests, ...(requestState === undefined ? {} : { requestState }) };
}

/** What a form was filled in with. */
export function contentOf(answer: Values | undefined): Values {
  return (answer?.['content'] ?? {}) as Values;
}

/** A picture of one red dot. */
export const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** A sound of no length. */
export const sound = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';
