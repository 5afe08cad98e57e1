import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useNow } from '../layout/now.ts';
import { untilText } from '../layout/time-text.ts';
import { queryKeys } from '../session/query-keys.ts';

/** How long the agent's lease still lasts. Renewing has no event, so at its end the task is read again. */
export function LeaseCountdown({ expiresAt }: { readonly expiresAt: string }) {
  const queries = useQueryClient();
  const left = untilText(expiresAt, useNow());
  const hasLapsed = left === undefined;
  useEffect(() => {
    if (hasLapsed) void queries.invalidateQueries({ queryKey: queryKeys.tasks });
  }, [hasLapsed, expiresAt, queries]);
  return (
    <span className="lease" title="The agent must complete or renew before its lease ends">
      {hasLapsed ? 'lease lapsed' : `lease ${left}`}
    </span>
  );
}
