import type { ReadTool } from '../reading/reader-messages.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { misfitOf, presetOf, presetSchema } from './preset-arguments.ts';
import type { Override, Shape } from './shape.ts';

/** A definition as lists, search, policy and calls see it. */
export interface EffectiveTool extends ReadTool {
  /** Why the organization's settings do not offer it as a tool. */
  readonly hiddenReason: string | null;
  readonly hiddenBy: 'override' | 'rule' | null;
  readonly exposure: 'tool' | 'resource';
  /** JSON text of a `Preset`. */
  readonly preset: string | null;
}

/** What an organization makes of a definition. */
export function effectiveOf(base: ReadTool, { as, override }: Shape): EffectiveTool {
  const shown = override === undefined ? { ...base, preset: null } : overridden(base, override);
  const misfit = override === undefined ? undefined : problemOf(base, override);
  const hidden = hiddenOf(as, override, misfit);
  return { ...shown, ...hidden, exposure: as === 'resource' ? 'resource' : 'tool' };
}

/** Why an override does not fit a definition; undefined where it does. */
export function problemOf(base: ReadTool, override: Override): string | undefined {
  const preset = presetOf(override);
  return preset === undefined ? undefined : misfitOf(JSON.parse(base.inputSchema) as JsonSchema, preset);
}

function overridden(base: ReadTool, override: Override): ReadTool & { readonly preset: string | null } {
  const preset = presetOf(override);
  const { name = base.name, title = base.title, description = base.description } = override;
  const told = { ...base, name, title, description };
  if (preset === undefined) return { ...told, preset: null };
  const inputSchema = JSON.stringify(presetSchema(JSON.parse(base.inputSchema) as JsonSchema, preset));
  return { ...told, inputSchema, preset: JSON.stringify(preset) };
}

type Hidden = Pick<EffectiveTool, 'hiddenReason' | 'hiddenBy'>;

function hiddenOf(as: Shape['as'], override: Override | undefined, misfit: string | undefined): Hidden {
  if (override?.hidden !== undefined) return { hiddenReason: override.hidden, hiddenBy: 'override' };
  if (misfit !== undefined) {
    const hiddenReason = `Its override does not fit it any more: ${misfit}`.slice(0, longestReason);
    return { hiddenReason, hiddenBy: 'override' };
  }
  if (as === 'excluded') return { hiddenReason: 'A route rule excludes it.', hiddenBy: 'rule' };
  if (as === 'resource') return { hiddenReason: 'A route rule makes it a resource.', hiddenBy: 'rule' };
  return { hiddenReason: null, hiddenBy: null };
}

const longestReason = 500;
