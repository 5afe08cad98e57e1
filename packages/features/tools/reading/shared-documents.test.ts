import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { readDocument } from './read-document.ts';

const shared = process.env['SHARED_EVAL'] ?? fileURLToPath(new URL('../../../../../shared/eval', import.meta.url));
const folder = join(shared, 'openapi/documents');
const present = existsSync(folder);
// A document of webhooks alone offers nothing to call; it is refused with that reason.
const names = present ? readdirSync(folder).filter((name) => !name.startsWith('oas-webhooks')) : [];

/** Compiling each of thousands of schemas takes minutes; the conversion is the same for all, so a sample finds its faults. */
const compiledPerDocument = 20;

describe.skipIf(!present)('real OpenAPI documents (skipped where SHARED_EVAL is not there)', () => {
  it.each(names)('%s: every operation becomes a valid tool, or the report says why not', (name) => {
    const reading = readDocument({
      text: readFileSync(join(folder, name)),
      service: 'service',
      documentUrl: 'https://example.com/openapi.json',
      baseUrl: undefined,
    });
    const tools = [...reading.tools];
    expect(tools.length + reading.skipped.length).toBeGreaterThan(0);
    expect(new Set(tools.map((tool) => tool.name)).size).toBe(tools.length);
    const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false, addUsedSchema: false });
    const step = Math.max(1, Math.floor(tools.length / compiledPerDocument));
    for (const tool of tools) {
      expect(tool.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/u);
      const schema = JSON.parse(tool.inputSchema) as Record<string, unknown>;
      expect(schema['type']).toBe('object');
      expect(ajv.validateSchema(schema)).toBe(true);
    }
    for (const tool of tools.filter((_tool, index) => index % step === 0)) {
      expect(() => ajv.compile(JSON.parse(tool.inputSchema) as object)).not.toThrow();
    }
  });
});
