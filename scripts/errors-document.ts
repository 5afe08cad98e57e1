// Writes docs/errors.md from the error table: node --import tsx scripts/errors-document.ts
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorTable } from '../packages/foundation/errors.ts';

/** Where the document lies. */
export const errorsDocumentPath = fileURLToPath(new URL('../docs/errors.md', import.meta.url));

const head = `# Errors

Every failure that Developer Mesh reports has one of these codes. The REST API answers \`application/problem+json\`
(RFC 9457) with \`code\`, \`title\`, \`status\`, \`detail\` (what happened this time), \`next\` (what to do about it), and where
they help \`issues\` (the wrong fields, by path), \`limit\` (which limit refused: scope, subject, limit, windowSeconds) and \`traceId\`. \`type\` is \`urn:devmesh:error:<code>\`. The MCP gateway
answers the same failure as a JSON-RPC error with the number below; a tool that failed answers a tool result with \`isError\`
instead, so that the model can read it. The command line prints the sentence and the next step.

Written from \`packages/foundation/errors.ts\` by \`node --import tsx scripts/errors-document.ts\`; a test fails when the two differ.

| Code | HTTP | JSON-RPC | What it says | What to do next |
| --- | --- | --- | --- | --- |
`;

/** The text of docs/errors.md. */
export function errorsDocument(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, rpc, title, next }]) =>
      `| \`${code}\` | ${String(status)} | ${String(rpc)} | ${cell(title)} | ${cell(next)} |`,
  );
  return `${head}${rows.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

const [, started] = process.argv;
if (started !== undefined && import.meta.url === pathToFileURL(started).href) {
  writeFileSync(errorsDocumentPath, errorsDocument());
}
