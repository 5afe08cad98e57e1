import { useNow } from './now.ts';
import { agoText } from './time-text.ts';

/** How long ago something was; the exact time is in the tooltip. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {agoText(at, useNow())}
    </time>
  );
}
