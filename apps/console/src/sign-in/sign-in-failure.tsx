import { MeshError } from '@devmesh/api';
import { FailureNotice } from '../layout/failure-notice.tsx';

/** Says why somebody could not sign in; what the table of errors tells programs to do next is no use to a person here. */
export function SignInFailure({ error }: { readonly error: unknown }) {
  if (!(error instanceof MeshError) || error.code !== 'unauthenticated' || isAboutKey(error)) {
    return <FailureNotice error={error} />;
  }
  return (
    <div className="notice notice--bad" role="alert">
      <p>{error.message}</p>
    </div>
  );
}

function isAboutKey(error: MeshError): boolean {
  return /\bkey\b/u.test(error.message);
}
