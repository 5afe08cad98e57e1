import { withContent, withoutAudio, withoutLinks } from './older-content.ts';
import { rev20250326 } from './rev-2025-03-26.ts';
import type { Revision } from './revision.ts';

/** MCP 2024-11-05, over the transports of later revisions: results of text, images and resources only. */
export const rev20241105: Revision = {
  ...rev20250326,
  version: '2024-11-05',
  adapt: withContent((piece) => withoutAudio(withoutLinks(piece))),
};
