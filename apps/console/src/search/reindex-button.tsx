import { FailureNotice } from '../layout/failure-notice.tsx';
import { useSession } from '../session/session.ts';
import { useWrite } from '../session/use-write.ts';

/** Indexes a repository again at its present head. */
export function ReindexButton({ repositoryId }: { readonly repositoryId: string }) {
  const { client, may } = useSession();
  const write = useWrite((id: string) => client.knowledge.reindex({ params: { repositoryId: id } }), ['repositories']);
  if (!may('knowledge:write')) return null;
  return (
    <>
      <button
        className="button button--small"
        type="button"
        disabled={write.isPending}
        onClick={() => {
          write.submit(repositoryId);
        }}
      >
        Index again
      </button>
      {write.error !== null && <FailureNotice error={write.error} />}
    </>
  );
}
