import { readFile } from 'node:fs/promises';
import type * as CedarModule from '@cedar-policy/cedar-wasm/web';

/** The policy engine, ready to be asked. */
export type Cedar = Pick<
  typeof CedarModule,
  'isAuthorized' | 'policySetTextToParts' | 'policyToJson' | 'preparsePolicySet' | 'statefulIsAuthorized' | 'validate'
>;

let loading: Promise<Cedar> | undefined;

/** The engine of this thread; its WebAssembly is compiled when somebody needs it first, off this thread. */
export function loadCedar(): Promise<Cedar> {
  loading ??= load().catch((error: unknown) => {
    // The next question tries again.
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Cedar> {
  const module = await import('@cedar-policy/cedar-wasm/web');
  const beside = import.meta.resolve('@cedar-policy/cedar-wasm/web');
  const bytes = await readFile(new URL('cedar_wasm_bg.wasm', beside));
  await module.default({ module_or_path: (await engine.WebAssembly.compile(bytes)) as Input });
  return module;
}

type Input = Extract<Parameters<typeof CedarModule.initSync>[0], { readonly module: unknown }>['module'];

// Node has it; its types do not say so.
const engine = globalThis as unknown as {
  readonly WebAssembly: { compile(bytes: Uint8Array): Promise<object> };
};
