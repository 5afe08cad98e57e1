/** The names under which answers are cached; live events refresh them by these names. */
export const queryKeys = {
  health: ['health'],
  tools: ['tools'],
  catalogue: ['catalogue'],
  agents: ['agents'],
  tasks: ['tasks'],
  repositories: ['repositories'],
  search: ['search'],
  webhookSources: ['webhook-sources'],
  rules: ['rules'],
  webhookEvents: ['webhook-events'],
  deadLetters: ['dead-letters'],
} as const;

export type QueryName = keyof typeof queryKeys;
