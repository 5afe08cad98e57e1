import type {
  CallToolResult,
  GetPromptResult,
  Prompt as WirePrompt,
  Resource as WireResource,
  Tool as WireTool,
} from '@modelcontextprotocol/server';
import { expectTypeOf, it } from 'vitest';
import type { Prompt, PromptResult, Resource, Tool, ToolResult } from './content.ts';

type Mutable<Value> = Value extends object ? { -readonly [Key in keyof Value]: Mutable<Value[Key]> } : Value;

it('describes tools, resources and prompts as the official SDK types them', () => {
  expectTypeOf<Mutable<Tool>>().toExtend<WireTool>();
  expectTypeOf<Mutable<ToolResult>>().toExtend<CallToolResult>();
  expectTypeOf<Mutable<Resource>>().toExtend<WireResource>();
  expectTypeOf<Mutable<Prompt>>().toExtend<WirePrompt>();
  expectTypeOf<Mutable<PromptResult>>().toExtend<GetPromptResult>();
});
