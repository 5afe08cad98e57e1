import type { Fetch } from '@devmesh/api';

interface RefreshingFetchOptions {
  readonly fetch: Fetch;
  /** Asks for new cookies; whether there are some. */
  readonly refresh: () => Promise<boolean>;
}

/** A fetch that renews the session when its cookies have ended, and then sends the request again. */
export function createRefreshingFetch({ fetch: send, refresh }: RefreshingFetchOptions): Fetch {
  let renewing: Promise<boolean> | undefined;
  const renew = (): Promise<boolean> =>
    (renewing ??= refresh().finally(() => {
      renewing = undefined;
    }));
  return async (request) => {
    // A body can be sent only once.
    const again = request.clone();
    const response = await send(request);
    if (response.status !== 401 || !(await renew())) return response;
    return send(again);
  };
}

const lock = 'devmesh.session';

/** Does work while no other tab of this browser does: a refresh token counts once, and tabs share it. */
export async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  // Pages that came neither over TLS nor from this machine have no locks.
  const { locks } = navigator as Partial<Pick<Navigator, 'locks'>>;
  if (locks === undefined) return work();
  return locks.request(lock, work);
}
