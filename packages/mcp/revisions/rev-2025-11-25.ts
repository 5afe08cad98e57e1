import { rev20250618 } from './rev-2025-06-18.ts';
import type { Revision } from './revision.ts';

/** MCP 2025-11-25: the same methods as far as they are offered here; streams can be resumed from their start. */
export const rev20251125: Revision = { ...rev20250618, version: '2025-11-25', primesStreams: true };
