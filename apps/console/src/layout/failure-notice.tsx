import { Prose } from './prose.tsx';
import { describeFailure } from '../session/failure.ts';

interface FailureNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** Says what failed, its code, and what to do next. */
export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  const { title, detail, code, next, issues } = describeFailure(error);
  return (
    <div className="notice notice--bad" role="alert">
      <p>
        <strong>{title}.</strong> <Prose text={detail} />
      </p>
      {issues.length > 0 && (
        <ul>
          {issues.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <p className="notice__next">
        <Prose text={next} /> <code className="notice__code">{code}</code>
      </p>
      {onRetry !== undefined && (
        <button className="button" type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
