import type { Content, PromptResult, ToolResult } from '../content.ts';

/** Puts each piece of what a tool or a prompt says through `adapt`; other results stay as they are. */
export function withContent(adapt: (piece: Content) => Content): (method: string, result: object) => object {
  return (method, result) => {
    if (method === 'tools/call') return { ...result, content: (result as ToolResult).content.map(adapt) };
    if (method !== 'prompts/get') return result;
    const { messages } = result as PromptResult;
    return { ...result, messages: messages.map(({ role, content }) => ({ role, content: adapt(content) })) };
  };
}

/** A link as a line of text (links came with MCP 2025-06-18). */
export function withoutLinks(piece: Content): Content {
  if (piece.type !== 'resource_link') return piece;
  const { title, name, uri } = piece;
  return { type: 'text', text: `${title ?? name}: ${uri}` };
}

/** Audio as an embedded resource (audio came with MCP 2025-03-26). */
export function withoutAudio(piece: Content): Content {
  if (piece.type !== 'audio') return piece;
  const { data: blob, mimeType } = piece;
  return { type: 'resource', resource: { uri: `data:${mimeType}`, mimeType, blob } };
}
