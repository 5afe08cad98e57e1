import { withContent, withoutLinks } from './older-content.ts';
import { rev20250618 } from './rev-2025-06-18.ts';
import type { Revision } from './revision.ts';

/** MCP 2025-03-26: batches; no links in results. The later fields are ones that its clients ignore. */
export const rev20250326: Revision = {
  ...rev20250618,
  version: '2025-03-26',
  batches: true,
  adapt: withContent(withoutLinks),
};
