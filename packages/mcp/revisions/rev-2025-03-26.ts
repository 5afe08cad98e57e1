import { rev20250618 } from './rev-2025-06-18.ts';
import type { Revision } from './revision.ts';

/** MCP 2025-03-26: the same methods; the later fields are ones that its clients ignore. Its batches are refused. */
export const rev20250326: Revision = { ...rev20250618, version: '2025-03-26' };
