import { MeshError } from '@devmesh/foundation';
import { atlassian } from './atlassian.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { google } from './google.ts';
import type { Preset } from './preset.ts';
import { slack } from './slack.ts';

const presets = new Map(
  [github, gitlab, atlassian, google, slack, generic].map((preset): [string, Preset] => [preset.name, preset]),
);

/** The preset of that name; throws `invalid_request` where there is none. */
export function presetOf(name: string): Preset {
  const preset = presets.get(name);
  if (preset === undefined) {
    throw new MeshError('invalid_request', `"${name}" is no preset; there are ${[...presets.keys()].join(', ')}.`);
  }
  return preset;
}
