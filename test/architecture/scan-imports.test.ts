import { array, assert, oneof, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanImports } from './scan-imports.ts';

const specifiers = (text: string): readonly string[] => scanImports(text).map(({ specifier }) => specifier);

describe('the import scanner', () => {
  it('finds every form in which a module names another', () => {
    const text = `
      import a from 'default';
      import type { B } from "type";
      import { c, type D as E } from 'named';
      import * as f from 'star';
      import g, { h } from 'both';
      import {
        i,
      } from 'lines';
      import 'bare';
      import data from 'json' with { type: 'json' };
      export { j } from 'again';
      export type { K } from 'again-type';
      export * from 'everything';
      export * as l from 'everything-named';
      const m = await import('dynamic');
      type N = import('in-a-type').N;
      const o = await import(\`template\`);
      const p = \`\${(await import('inside')).p}\`;
    `;
    expect(specifiers(text).toSorted()).toEqual(
      [
        'again',
        'again-type',
        'bare',
        'both',
        'default',
        'dynamic',
        'everything',
        'everything-named',
        'in-a-type',
        'inside',
        'json',
        'lines',
        'named',
        'star',
        'template',
        'type',
      ].toSorted(),
    );
  });

  it('tells the names that are taken, as their owner calls them, and what is re-exported whole', () => {
    expect(scanImports(`import { a, type B as C } from 'x'; export * from 'y';`)).toEqual([
      { specifier: 'x', star: false, names: ['a', 'B'] },
      { specifier: 'y', star: true, names: [] },
    ]);
  });

  it.each([
    `// import a from 'no';`,
    `/* import a from 'no'; */`,
    `const text = "import a from 'no'";`,
    `const text = \`import a from 'no'; \${1} import b from 'no';\`;`,
    `const quote = /['"]/; const after = " from 'no'";`,
    `list.from('no'); Array.from('no'); tool.import('no');`,
    `export const from = 'no';`,
    `const boot = \`await import(\${JSON.stringify(href)})\`;`,
  ])('takes nothing else for an import: %s', (text) => {
    expect(specifiers(text)).toEqual([]);
  });

  it('goes on behind quotes in expressions, divisions and page text', () => {
    const before = `const r = /[/'"]/.test(x) ? a / b : "it's"; <p>Don't</p>\n`;
    expect(specifiers(`${before}import a from 'yes';`)).toEqual(['yes']);
  });

  it('finds an import whatever strings and comments stand before it', () => {
    const literal = string().map((text) => `const x = ${JSON.stringify(text)};\n`);
    const remark = string().map((text) => `/* ${text.replaceAll('*', '')} */\n`);
    const template = string().map((text) => `const y = \`${text.replaceAll(/[`\\$]/g, '')}\`;\n`);
    assert(
      property(array(oneof(literal, remark, template)), (parts) => {
        expect(specifiers(`${parts.join('')}import { a } from './found.ts';`)).toEqual(['./found.ts']);
      }),
    );
  });
});
