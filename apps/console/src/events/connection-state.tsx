import { Badge, type Tone } from '../layout/badge.tsx';
import type { FeedState } from './feed-store.ts';
import { useFeed } from './feed-context.tsx';

const faces: Readonly<Record<FeedState['connection'], readonly [Tone, string]>> = {
  off: ['plain', 'no live feed'],
  connecting: ['busy', 'connecting'],
  live: ['good', 'live'],
  waiting: ['warn', 'reconnecting'],
  refused: ['bad', 'feed refused'],
};

/** Whether the page shows what happens as it happens. */
export function ConnectionState() {
  const [tone, text] = faces[useFeed().connection];
  return (
    <span role="status" aria-label={`Live feed: ${text}`}>
      <Badge tone={tone}>{text}</Badge>
    </span>
  );
}
